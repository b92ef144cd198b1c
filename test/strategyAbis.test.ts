import { describe, expect, test } from 'vitest'
import type { Handle, TapeWriter, WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_FAULTS, COUNT_TLB_MISSES } from '../dist/src/machine/counters.js'
import { simCell, type CellOptions } from './support/runCell.js'

const CEILING = 33

type Step = (tape: TapeWriter, cpu: number, handle: Handle) => void

/** What each CPU does between barriers, phase by phase; the last one is CPU 0's timed op. */
function phases(pages: number, steps: Step[], taken = pages): WorkloadModule {
  return {
    summary: 'phases',
    source: 'none',
    op: 'the last phase of CPU 0',
    parameters: {},
    write: (plan) => {
      const shared = plan.handle()
      for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
        const tape = plan.tape(cpu)
        if (cpu === 0) tape.map(shared, pages, { writable: true })
        tape.body()
        for (const step of steps) {
          tape.barrier()
          step(tape, cpu, shared)
        }
        tape.barrier()
        if (cpu === 0) tape.op(() => tape.adviseAway(shared, 0, taken))
        tape.barrier()
      }
    },
  }
}

const cell = (workload: WorkloadModule, cpus: number, more: Partial<CellOptions> = {}) =>
  simCell({ strategy: 'abis', workload, cpus, initiators: cpus, oracle: 'full', ...more })

/** CPU `who` uses all pages. */
const uses =
  (who: number, pages: number) =>
  (tape: TapeWriter, cpu: number, handle: Handle): void => {
    if (cpu === who) tape.write(handle, 0, pages)
  }

describe('one CPU has used the pages', () => {
  test.each([1, 3, CEILING, CEILING + 1])('%i pages', async (pages) => {
    const isFull = pages > CEILING
    const own = await cell(phases(pages, [uses(0, pages)]), 4)
    const there = { pagesInvalidated: isFull ? 0 : pages, fullFlushes: isFull ? 1 : 0 }
    expect(own.figures).toMatchObject({ ops: 1, ipis: 0, flushRounds: 0, ...there })
    // Filled by the fault, and dirty from the start: the miss that faulted is the only walk.
    expect(own.figures.counters[COUNT_FAULTS]).toBe(pages)
    expect(own.figures.counters[COUNT_TLB_MISSES]).toBe(pages)
    const other = await cell(phases(pages, [uses(2, pages)]), 4)
    expect(other.figures).toMatchObject({ ops: 1, ipis: 1, flushRounds: 1, ...there })
    expect([own.violations, other.violations]).toEqual([[], []])
  })

  test('batched interrupts all that run the space', async () => {
    expect((await cell(phases(3, [uses(0, 3)]), 4, { strategy: 'batched' })).figures.ipis).toBe(3)
  })
})

test('a second CPU walks to them without a fault, and then everybody is told', async () => {
  const { figures, violations } = await cell(phases(3, [uses(0, 3), uses(1, 3)]), 4)
  expect(figures).toMatchObject({ ipis: 3, flushRounds: 1, pagesInvalidated: 3 * 4 })
  expect(figures.counters[COUNT_FAULTS]).toBe(3)
  expect(violations).toEqual([])
})

test('nobody has used them: nobody is told, and nothing is flushed', async () => {
  const { figures } = await cell(phases(3, []), 4)
  expect(figures).toMatchObject({ ipis: 0, flushRounds: 0, pagesInvalidated: 0, fullFlushes: 0 })
})

describe('versions', () => {
  /** CPU 1 faults page 0 in, then flushes all by leaving the space and coming back, `cycles` times, with a fault before each. */
  const after = (cycles: number, startVersion: number) => {
    const cycle: Step = (tape, cpu, handle) => {
      if (cpu !== 1) return
      tape.write(handle, 1, 1)
      // Its own, so that it faults anew in the next cycle; that flushes one page and not all.
      tape.adviseAway(handle, 1, 1)
      tape.switchTo(2)
      tape.switchTo(1)
    }
    const workload = phases(2, [uses(1, 1), ...Array.from({ length: cycles }, () => cycle)], 1)
    return cell(workload, 2, { strategyParameters: { startVersion } })
  }

  test.each([0, 126, 127])(
    'begins with %i: two versions later the CPU is known to have flushed',
    async (start) => {
      const [one, two] = [await after(1, start), await after(2, start)]
      // The page that is taken away, and those that CPU 1 has taken away before.
      expect(one.figures).toMatchObject({ ops: 1, ipis: 1, pagesInvalidated: 1 + 1 })
      expect(two.figures).toMatchObject({ ops: 1, ipis: 0, pagesInvalidated: 0 + 2 })
      expect([one.violations, two.violations]).toEqual([[], []])
    },
  )
})

test('a CPU whose number has no room in eight bits stands for any', async () => {
  const { figures, violations } = await cell(phases(1, [uses(255, 1)]), 257)
  expect(figures).toMatchObject({ ipis: 256 })
  expect((await cell(phases(1, [uses(254, 1)]), 257)).figures).toMatchObject({ ipis: 1 })
  expect(violations).toEqual([])
})

test('a private fill costs what the paper says: about 550 cycles, at 2.9 GHz', async () => {
  const run = (strategy: string) => cell(phases(64, [uses(0, 64)]), 1, { strategy })
  const [abis, batched] = [await run('abis'), await run('batched')]
  // Of the pages' faults; nothing but the op itself differs otherwise, which both end with one full flush.
  const fillNs = (abis.figures.elapsedNs - batched.figures.elapsedNs) / 64
  expect(fillNs).toBeGreaterThan(500 / 2.9)
  expect(fillNs).toBeLessThan(650 / 2.9)
})
