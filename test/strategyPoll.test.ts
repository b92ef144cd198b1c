import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { simCell, type CellOptions } from './support/runCell.js'

const OPS = 3

type Plan = Parameters<WorkloadModule['write']>[0]
type Others = (tape: ReturnType<Plan['tape']>) => void

/** CPU 0 unmaps pages that it has written; what the others do meanwhile is up to the test. */
function unmaps(pages: number, others: Others = () => {}): WorkloadModule {
  return {
    summary: 'unmaps',
    source: 'none',
    op: 'one unmap',
    parameters: {},
    write: (plan) => {
      const tape = plan.tape(0)
      const handle = plan.handle()
      tape.body()
      tape.loop(OPS, () => {
        tape.map(handle, pages, { writable: true })
        tape.write(handle, 0, pages)
        tape.pause(10_000)
        tape.op(() => tape.unmap(handle))
      })
      if (plan.initiatorCount < 2) return
      const other = plan.tape(1)
      other.body()
      others(other)
    },
  }
}

describe('counts', () => {
  test.each([1, 2, 4])('%i CPUs: no interrupt, no round', async (cpus) => {
    for (const pages of [1, 5, 33, 34]) {
      const cell = { workload: unmaps(pages), cpus, readers: 0 }
      const isWhole = pages > 33
      const { figures } = await simCell({ ...cell, strategy: 'poll' })
      expect(figures).toMatchObject({
        ops: OPS,
        flushRounds: 0,
        ipis: 0,
        pagesInvalidated: isWhole ? 0 : OPS * pages * cpus,
        fullFlushes: isWhole ? OPS * cpus : 0,
      })
      const batched = await simCell({ ...cell, strategy: 'batched' })
      expect(batched.figures.ipis).toBe(OPS * (cpus - 1))
    }
  })
})

const LONG_NS = 1_000_000

describe('nobody waits for a CPU to get further', () => {
  test.each<[string, Others]>([
    ['has ended', () => {}],
    ['pauses', (tape) => tape.pause(LONG_NS)],
    ['computes', (tape) => tape.compute(LONG_NS)],
    ['idles', (tape) => tape.idle(LONG_NS)],
  ])('that %s', async (_what, others) => {
    const cell: CellOptions = { strategy: 'poll', workload: unmaps(2, others), cpus: 2, initiators: 2 }
    const { figures, violations } = await simCell({ ...cell, oracle: 'full' })
    expect(violations).toEqual([])
    expect(figures.ipis).toBe(0)
    // All ops, and what comes between them, fit into the time that the other CPU is away.
    for (const ns of figures.opsNs) expect(ns).toBeLessThan(LONG_NS / 10)
  })
})

test('a CPU that runs user code looks one period after it was asked', async () => {
  const longest = async (pollNs: number) => {
    const workload = unmaps(1, (tape) => tape.compute(LONG_NS))
    const cell: CellOptions = {
      strategy: 'poll',
      strategyParameters: { pollNs },
      workload,
      cpus: 2,
      initiators: 2,
    }
    return Math.max(...(await simCell(cell)).figures.opsNs)
  }
  expect((await longest(3000)) - (await longest(1000))).toBeCloseTo(2000, 6)
})
