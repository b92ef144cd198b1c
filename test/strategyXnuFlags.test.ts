import { describe, expect, test } from 'vitest'
import { simCell, type CellOptions } from './support/runCell.js'
import { sleeper, SLEEPS } from './support/sleeper.js'

const OPS = 10

const whileIdle = sleeper((tape, handle) => tape.op(() => tape.adviseAway(handle, 0, 2)), false)

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
    ['batched', SLEEPS],
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
    if (strategy === 'xnu-flags') expect(figures.fullFlushes).toBe(2 * SLEEPS)
  })

  test('initiators share the flush of a target: never more flushes than requests, and none is lost', async () => {
    const { figures, violations } = await simCell(storm(3, 4, { initiators: 2 }))
    expect(violations).toEqual([])
    expect(figures).toMatchObject({ ops: 2 * OPS, ipis: 2 * OPS * 3, flushRounds: 2 * OPS })
    expect(figures.fullFlushes).toBeLessThanOrEqual(2 * OPS * 4)
    expect(figures.fullFlushes).toBeGreaterThanOrEqual(2 * OPS)
  })
})
