import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { simCell, type CellOptions } from './support/runCell.js'

const OPS = 10

/** CPU 0 takes two pages away while CPU 1, which has read them, idles for long, and reads them again when it wakes. */
const whileIdle: WorkloadModule = {
  summary: 'one CPU is idle while the other changes what it has read',
  source: 'none',
  op: 'one advise',
  parameters: {},
  write(plan) {
    const handle = plan.handle()
    const [first, second] = [plan.tape(0), plan.tape(1)]
    first.map(handle, 2, { writable: true })
    for (const tape of [first, second]) tape.body()
    first.loop(OPS, () => {
      first.write(handle, 0, 2)
      first.barrier()
      first.pause(100_000)
      first.op(() => first.adviseAway(handle, 0, 2))
      first.barrier()
    })
    second.loop(OPS, () => {
      second.barrier()
      second.read(handle, 0, 2)
      second.idle(1_000_000)
      second.read(handle, 0, 2)
      second.barrier()
    })
  },
}

const storm = (pages: number, cpus: number, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'xnu-flags',
  workload: 'munmap-storm',
  parameters: { pages, ops: OPS, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  cpus,
  oracle: 'full',
  ...more,
})

describe('xnu-flags', () => {
  test.each([1, 3, 34])('%i pages: one round, and everybody drops everything', async (pages) => {
    for (const cpus of [1, 2, 8]) {
      const { figures, violations } = await simCell(storm(pages, cpus))
      expect(figures).toMatchObject({
        ops: OPS,
        ipis: OPS * (cpus - 1),
        flushRounds: cpus === 1 ? 0 : OPS,
        pagesInvalidated: 0,
        fullFlushes: OPS * cpus,
      })
      expect(violations).toEqual([])
    }
  })

  test.each([
    ['xnu-flags', 0],
    ['batched', OPS],
  ])('%s: interrupts to a CPU that idles', async (strategy, ipis) => {
    const { figures, violations } = await simCell({
      strategy,
      workload: whileIdle,
      cpus: 2,
      initiators: 2,
      oracle: 'full',
    })
    expect([figures.ipis, violations]).toEqual([ipis, []])
    // The initiator's own, and one each time that the other wakes.
    if (strategy === 'xnu-flags') expect(figures.fullFlushes).toBe(2 * OPS)
  })

  test('initiators share the flush of a target: never more flushes than requests, and none is lost', async () => {
    const { figures, violations } = await simCell(storm(3, 4, { initiators: 2 }))
    expect(violations).toEqual([])
    expect(figures).toMatchObject({ ops: 2 * OPS, ipis: 2 * OPS * 3, flushRounds: 2 * OPS })
    expect(figures.fullFlushes).toBeLessThanOrEqual(2 * OPS * 4)
    expect(figures.fullFlushes).toBeGreaterThanOrEqual(2 * OPS)
  })
})
