import { describe, expect, test } from 'vitest'
import type { WorkloadModule, WorkloadPlan } from '../dist/src/contract/workload.js'
import { COUNT_BROADCASTS } from '../dist/src/machine/counters.js'
import { invariantsOf, OWN_STRATEGIES, simCell, threadsCell, type CellOptions } from './support/runCell.js'

const PAGES = 4
const module = (write: (plan: WorkloadPlan) => void): WorkloadModule => ({
  summary: 'processes that exit',
  source: 'none',
  op: 'one exit',
  parameters: {},
  write,
})

/** CPU 0 runs one process after the other under number 2; the others look in while it lives, or does not. */
const exits = (rounds: number, pages = PAGES) =>
  module((plan) => {
    const handle = plan.handle()
    for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
      const tape = plan.tape(cpu)
      tape.body()
      tape.loop(rounds, () => {
        tape.switchTo(2)
        if (cpu === 0) tape.map(handle, pages, { writable: true })
        if (cpu === 0) tape.write(handle, 0, pages)
        else tape.read(handle, 0, pages)
        tape.compute(2000)
        tape.switchTo(1)
        if (cpu === 0) tape.op(() => tape.tearDown(2))
        tape.compute(1000)
      })
    }
  })

const cell = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: exits(30),
  cpus: 1,
  initiators: more.cpus ?? 1,
  oracle: 'full',
  ...more,
})

const costsOf = async (strategy: string, strategyParameters: Record<string, number>, rounds: number) => {
  const options = cell(strategy, { strategyParameters, workload: exits(rounds) })
  const { figures, violations } = await simCell(options)
  expect(violations).toEqual([])
  const { ipis, flushRounds, pagesInvalidated, fullFlushes } = figures
  return [ipis, flushRounds, pagesInvalidated, fullFlushes, figures.counters[COUNT_BROADCASTS]]
}

describe('the end of a process', () => {
  test('is one operation on all that is mapped, and reaches nobody: no CPU has the space loaded', async () => {
    // Entry by entry, or the whole range at the end; linux has nothing of a space that is not loaded, and arm64
    // names the 4 pages in one operation.
    expect(await costsOf('immediate', {}, 20)).toEqual([0, 0, 20 * PAGES, 0, 0])
    expect(await costsOf('batched', {}, 20)).toEqual([0, 0, 20 * PAGES, 0, 0])
    expect(await costsOf('linux', {}, 20)).toEqual([0, 0, 0, 0, 0])
    expect(await costsOf('arm64-tlbi', {}, 20)).toEqual([0, 0, 0, 0, 20])
  })

  test.each(['immediate', 'batched', 'linux', 'arm64-tlbi', 'active-cpu'])(
    'costs %s nothing where the rule skips it',
    async (strategy) => {
      expect(await costsOf(strategy, { skipTorn: 1 }, 20)).toEqual([0, 0, 0, 0, 0])
    },
  )

  test.each([
    [2, 12],
    [3, 12],
    [5, 12],
    [9, 16],
  ])('costs asid-rollover with %i tags a flush in tags - 1 processes', async (tags, rounds) => {
    // One tag is that of space 1, which the CPU runs when tags run out.
    const flushes = rounds / (tags - 1)
    const costs = await costsOf('asid-rollover', { skipTorn: 1, tags }, rounds)
    expect(costs).toEqual([0, 0, 0, flushes, 0])
  })

  test('gives its frames back', async () => {
    const small = { workload: exits(40, 8), profileSets: ['memory.frames=64'] }
    for (const skipTorn of [0, 1]) {
      const { violations, figures } = await simCell(
        cell('batched', { ...small, strategyParameters: { skipTorn } }),
      )
      expect(violations).toEqual([])
      expect(figures).toMatchObject({ ops: 40, heldFramesPeak: skipTorn === 1 ? 1 : 8 })
    }
  })

  test('waits for CPUs that have the space loaded still', async () => {
    const late = module((plan) => {
      const [own, other] = [plan.tape(0), plan.tape(1)]
      for (const tape of [own, other]) {
        tape.body()
        tape.barrier()
      }
      own.compute(5000)
      own.op(() => own.tearDown(2))
      other.switchTo(2)
      other.idle(100_000)
      other.switchTo(1)
    })
    const { figures, violations } = await simCell(cell('batched', { workload: late, cpus: 2 }))
    expect(violations).toEqual([])
    expect(figures.opTotalNs).toBeGreaterThan(90_000)
    expect(figures.opTotalNs).toBeLessThan(120_000)
  })
})

describe('the next process under its number', () => {
  test.each([...OWN_STRATEGIES, 'linux', 'arm64-tlbi', 'active-cpu', 'asid-rollover', 'invlpgb'])(
    'finds nothing of it with %s',
    async (strategy) => {
      for (const skipTorn of [0, 1]) {
        const strategyParameters: Record<string, number> = { skipTorn }
        if (strategy === 'invlpgb') strategyParameters['threshold'] = 0
        const more = { cpus: 3, strategyParameters }
        expect(invariantsOf(await simCell(cell(strategy, more)))).toEqual([])
        const onThreads = { ...cell(strategy, more), isOversubscribed: true }
        expect(invariantsOf(await threadsCell(onThreads))).toEqual([])
      }
    },
  )

  test('is handed its memory by a strategy that keeps tags and does not care', async () => {
    const careless = (flush: number) =>
      simCell(cell('keeps-tags', { cpus: 2, strategyParameters: { skipTorn: 1, flush } }))
    expect(invariantsOf(await careless(0))).toContain('I7')
    expect(invariantsOf(await careless(1))).toEqual([])
  })
})
