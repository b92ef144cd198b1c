import { describe, expect, test } from 'vitest'
import { TAPE_MAP } from '../dist/src/contract/tape.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { elsewhere } from './support/elsewhere.js'
import { OWN_STRATEGIES, simCell, type CellOptions, type CellResult } from './support/runCell.js'

/** Round numbers of the run, without what depends on time. */
function countsOf({ figures }: CellResult) {
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes } = figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes }
}

/** Above it a range is flushed as the whole space (Linux' ceiling). */
const CEILING = 33

/** Small and without pauses, so that the whole table takes a second. */
const storm = (pages: number, cpus: number, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'immediate',
  workload: 'munmap-storm',
  parameters: { pages, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  cpus,
  ...more,
})

describe('munmap-storm, n pages that all C CPUs have touched', () => {
  const sizes = [1, 3, 16, 33, 34]

  describe.each([1, 2, 3, 8])('%i CPUs', (cpus) => {
    test.each(sizes)('%i pages', async (pages) => {
      const ops = 5
      // Without another CPU there is nobody to reach, and no decision to reach anybody.
      const rounds = cpus === 1 ? 0 : ops
      const others = cpus - 1
      const immediate = countsOf(await simCell(storm(pages, cpus)))
      expect(immediate).toEqual({
        ops,
        ipis: ops * pages * others,
        flushRounds: rounds * pages,
        pagesInvalidated: ops * pages * cpus,
        fullFlushes: 0,
      })
      const isFull = pages > CEILING
      const batched = countsOf(await simCell(storm(pages, cpus, { strategy: 'batched' })))
      expect(batched).toEqual({
        ops,
        ipis: ops * others,
        flushRounds: rounds,
        pagesInvalidated: isFull ? 0 : ops * pages * cpus,
        fullFlushes: isFull ? ops * cpus : 0,
      })
      // No tick falls into the run, so the other CPUs have not looked yet: own entries only.
      const lazy = countsOf(
        await simCell(storm(pages, cpus, { strategy: 'lazy', strategyParameters: { tickUs: 1_000_000 } })),
      )
      expect(lazy).toEqual({
        ops,
        ipis: 0,
        flushRounds: 0,
        pagesInvalidated: isFull ? 0 : ops * pages,
        fullFlushes: isFull ? ops : 0,
      })
    })
  })

  test.each([3, 8])('with 2 initiators on %i CPUs: the same for each op', async (cpus) => {
    const more = { initiators: 2 }
    const immediate = await simCell(storm(3, cpus, more))
    expect(countsOf(immediate)).toMatchObject({
      ops: 10,
      ipis: 10 * 3 * (cpus - 1),
      flushRounds: 30,
      pagesInvalidated: 30 * cpus,
    })
    const batched = await simCell(storm(3, cpus, { ...more, strategy: 'batched' }))
    expect(countsOf(batched)).toMatchObject({
      ops: 10,
      ipis: 10 * (cpus - 1),
      flushRounds: 10,
      pagesInvalidated: 30 * cpus,
    })
  })

  test('the ceiling and the gather limit are parameters', async () => {
    const narrow = await simCell(storm(3, 2, { strategy: 'batched', strategyParameters: { ceiling: 2 } }))
    expect(countsOf(narrow)).toMatchObject({ pagesInvalidated: 0, fullFlushes: 10 })
    const wide = await simCell(storm(34, 2, { strategy: 'batched', strategyParameters: { ceiling: 34 } }))
    expect(countsOf(wide)).toMatchObject({ pagesInvalidated: 5 * 34 * 2, fullFlushes: 0 })
    // A limit of 1 flushes after every change, so batched does what immediate does.
    for (const gatherLimit of [1, 4]) {
      const limited = await simCell(storm(9, 3, { strategy: 'batched', strategyParameters: { gatherLimit } }))
      const roundsOfAnOp = Math.ceil(9 / gatherLimit)
      expect(countsOf(limited)).toMatchObject({
        ipis: 5 * roundsOfAnOp * 2,
        flushRounds: 5 * roundsOfAnOp,
        pagesInvalidated: 5 * 9 * 3,
      })
    }
    const immediate = countsOf(await simCell(storm(9, 3)))
    const one = await simCell(storm(9, 3, { strategy: 'batched', strategyParameters: { gatherLimit: 1 } }))
    expect(countsOf(one)).toEqual(immediate)
  })

  test('only holders are interrupted: bystanders run the space too, CPUs of another space do not', async () => {
    const bystanders = await simCell(storm(2, 4, { readers: 1 }))
    expect(countsOf(bystanders)).toMatchObject({ ipis: 5 * 2 * 3 })
    // Its unmaps are of the guest's own space, in which no other CPU runs: all interrupts are for the faults.
    const zap = await simCell({
      strategy: 'batched',
      workload: 'direct-map-zap',
      parameters: { pages: 4, ops: 8, directFrames: 0 },
      cpus: 3,
    })
    expect(countsOf(zap)).toMatchObject({ ops: 8, ipis: 8 * 2, flushRounds: 8 })
  })

  test.each(OWN_STRATEGIES)('%s: who has left the space is left alone', async (strategy) => {
    const { figures } = await simCell({
      strategy,
      strategyParameters: strategy === 'lazy' ? { ring: 1 } : {},
      workload: elsewhere,
      cpus: 3,
      oracle: 'full',
    })
    expect(figures).toMatchObject({ ops: 5, ipis: 0, flushRounds: 0, pagesInvalidated: 15 })
  })

  test('64 CPUs: the initiator reaches all 63 others', async () => {
    const { figures } = await simCell(storm(16, 64, { strategy: 'batched', oracle: 'full' }))
    expect(figures).toMatchObject({ ipis: 5 * 63, flushRounds: 5, pagesInvalidated: 5 * 16 * 64 })
  })
})

describe('lazy', () => {
  const lazyStorm = (ring: number, ops: number, cpus: number, more: Partial<CellOptions> = {}) =>
    simCell({
      ...storm(3, cpus),
      strategy: 'lazy',
      strategyParameters: { ring, tickUs: 1_000_000 },
      parameters: { pages: 3, ops, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
      ...more,
    })

  test.each([2, 3, 8])('%i CPUs: one round for each op that finds the ring full', async (cpus) => {
    // Nobody sweeps, so the warm-up pass takes the first `ops` slots and the measured one what is left.
    for (const [ring, ops] of [
      [1, 10],
      [10, 10],
      [13, 10],
      [20, 10],
    ]) {
      const full = Math.max(0, ops - Math.max(0, ring - ops))
      const { figures } = await lazyStorm(ring, ops, cpus)
      expect({ ring, rounds: figures.flushRounds, ipis: figures.ipis }).toEqual({
        ring,
        rounds: full,
        ipis: full * (cpus - 1),
      })
      // A full round costs every CPU its 3 pages, a slot costs the initiator's own.
      expect(figures.pagesInvalidated).toBe(3 * (full * cpus + (ops - full)))
    }
  })

  test('a small ring with ticks: some ops find it full, each of them costs C-1 interrupts', async () => {
    const { figures } = await lazyStorm(4, 60, 3, {
      strategyParameters: { ring: 4, tickUs: 20 },
      parameters: { pages: 2, ops: 60, pauseNs: 5_000, readerPages: 2, readerWorkNs: 0 },
    })
    expect(figures.flushRounds).toBeGreaterThan(0)
    expect(figures.flushRounds).toBeLessThan(60)
    expect(figures.ipis).toBe(figures.flushRounds * 2)
  })

  test('with its default tick, ring and pause no op of munmap-storm finds the ring full', async () => {
    for (const [cpus, pages] of [
      [8, 16],
      [2, 512],
      [64, 1],
    ]) {
      const { figures } = await simCell({
        strategy: 'lazy',
        workload: 'munmap-storm',
        parameters: { pages, ops: 60 },
        cpus,
        // 30 ops of 512 pages can be held at once.
        profileSets: ['memory.frames=65536'],
      })
      expect({ cpus, pages, ipis: figures.ipis }).toEqual({ cpus, pages, ipis: 0 })
      expect(figures.ops).toBe(60)
    }
  })

  test.each([1, 2, 3, 8])('%i CPUs: as batched where nothing may wait', async (cpus) => {
    for (const [workload, parameters] of [
      ['mprotect-storm', { pages: 16, range: 3, pairs: 6 }],
      ['direct-map-zap', { pages: 8, ops: 16, directFrames: 4 }],
    ] as const) {
      const options = { workload, parameters, cpus, strategyParameters: {} }
      const batched = countsOf(await simCell({ ...options, strategy: 'batched' }))
      const result = await simCell({
        ...options,
        strategy: 'lazy',
        strategyParameters: { tickUs: 1_000_000 },
      })
      const lazy = countsOf(result)
      // By a round of its own in `finished`: had it waited to be asked, the count would be the same.
      expect(result.figures.counters[COUNT_DEMANDS]).toBe(0)
      expect({ workload, ipis: lazy.ipis, rounds: lazy.flushRounds }).toEqual({
        workload,
        ipis: batched.ipis,
        rounds: batched.flushRounds,
      })
      expect(batched.ipis > 0).toBe(cpus > 1)
    }
  })

  test.each([1, 2, 3, 8])('%i CPUs: as batched on madvise-page, whose read-back demands', async (cpus) => {
    const options = { workload: 'madvise-page', parameters: { pages: 8, ops: 16 }, cpus }
    const batched = (await simCell({ ...options, strategy: 'batched' })).figures
    const lazy = (await simCell({ ...options, strategy: 'lazy' })).figures
    expect(lazy.ipis).toBe(batched.ipis)
    expect(batched.ipis).toBe(16 * (cpus - 1))
    // One read-back, one demand: with nobody to tell it is answered at once, but asked all the same.
    expect(lazy.counters[COUNT_DEMANDS]).toBe(16)
    expect(batched.counters[COUNT_DEMANDS]).toBe(0)
  })
})

describe('mprotect-storm', () => {
  test.each(OWN_STRATEGIES)('%s: taking costs a round, giving back costs nothing', async (strategy) => {
    for (const cpus of [1, 2, 3, 8]) {
      const { figures } = await simCell({
        strategy,
        workload: 'mprotect-storm',
        parameters: { pages: 16, range: 3, pairs: 6 },
        cpus,
      })
      const rounds = strategy === 'immediate' ? 6 * 3 : 6
      expect({ cpus, ops: figures.ops, ipis: figures.ipis, pages: figures.pagesInvalidated }).toEqual({
        cpus,
        ops: 12,
        ipis: rounds * (cpus - 1),
        pages: 6 * 3 * cpus,
      })
      expect(figures.flushRounds).toBe(cpus === 1 ? 0 : rounds)
    }
  })
})

describe('direct-map-zap', () => {
  test.each([1, 2, 8])('%i CPUs: every fault reaches every CPU, each unmap only its own', async (cpus) => {
    const options = { workload: 'direct-map-zap', parameters: { pages: 8, ops: 16, directFrames: 4 }, cpus }
    for (const strategy of ['immediate', 'batched']) {
      const { figures } = await simCell({ ...options, strategy })
      expect(countsOf({ figures } as CellResult)).toEqual({
        ops: 16,
        ipis: 16 * (cpus - 1),
        flushRounds: cpus === 1 ? 0 : 16,
        // One page on every CPU for each fault, and each of the two laps unmaps its 8 pages at home.
        pagesInvalidated: 16 * cpus + 16,
        fullFlushes: 0,
      })
    }
  })
})

describe('web-server', () => {
  test.each([1, 2, 8])('%i CPUs: by the pages that its requests drew', async (cpus) => {
    const options = { workload: 'web-server', parameters: { ops: 30, thinkNs: 0, workNs: 0 }, cpus }
    const immediate = await simCell({ ...options, strategy: 'immediate' })
    const [{ instructions, bodyAt }] = immediate.tapes.tapes
    let pages = 0
    for (let at = bodyAt; at < instructions.length; at += 4)
      if ((instructions[at] & 0xff) === TAPE_MAP) pages += instructions[at + 2]
    expect(pages).toBeGreaterThan(30)
    expect(pages).toBeLessThan(90)
    expect(countsOf(immediate)).toEqual({
      ops: 30,
      ipis: pages * (cpus - 1),
      flushRounds: cpus === 1 ? 0 : pages,
      pagesInvalidated: pages * cpus,
      fullFlushes: 0,
    })
    const batched = await simCell({ ...options, strategy: 'batched' })
    expect(countsOf(batched)).toEqual({
      ops: 30,
      ipis: 30 * (cpus - 1),
      flushRounds: cpus === 1 ? 0 : 30,
      pagesInvalidated: pages * cpus,
      fullFlushes: 0,
    })
    const lazy = await simCell({ ...options, strategy: 'lazy', strategyParameters: { tickUs: 1_000_000 } })
    // 60 requests with the warm-up's: all fit a ring of 64.
    expect(countsOf(lazy)).toMatchObject({ ipis: 0, pagesInvalidated: pages })
  })
})
