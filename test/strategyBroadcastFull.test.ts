import { describe, expect, test } from 'vitest'
import { elsewhere } from './support/elsewhere.js'
import { simCell, type CellOptions } from './support/runCell.js'

async function countsOf(options: Omit<CellOptions, 'strategy'>, strategy = 'broadcast-full') {
  const { figures, violations } = await simCell({ strategy, oracle: 'full', ...options })
  expect(violations).toEqual([])
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes } = figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes }
}

describe.each([0, 1])('holdersOnly=%i', (holdersOnly) => {
  test.each([1, 2, 3, 8])(
    '%i CPUs that all hold the space: a full flush of each for each page',
    async (cpus) => {
      for (const pages of [1, 3, 34]) {
        const counts = await countsOf({
          workload: 'munmap-storm',
          parameters: { pages, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
          cpus,
          strategyParameters: { holdersOnly },
        })
        expect(counts).toEqual({
          ops: 5,
          ipis: 5 * pages * (cpus - 1),
          flushRounds: cpus === 1 ? 0 : 5 * pages,
          pagesInvalidated: 0,
          fullFlushes: 5 * pages * cpus,
        })
      }
    },
  )

  test('a kernel mapping is everybody’s', async () => {
    const counts = await countsOf({
      workload: 'direct-map-zap',
      parameters: { pages: 8, ops: 8, directFrames: 4 },
      cpus: 3,
      strategyParameters: { holdersOnly },
    })
    // The unmap of the guest's 8 pages is in a space of its own CPU.
    const unmaps = holdersOnly === 1 ? { ipis: 0, full: 8 } : { ipis: 8 * 2, full: 8 * 3 }
    expect(counts).toMatchObject({ ops: 8, ipis: 8 * 2 + unmaps.ipis, fullFlushes: 8 * 3 + unmaps.full })
  })
})

test('it interrupts also who does not hold the space', async () => {
  const cell = { workload: elsewhere, cpus: 3 }
  expect(await countsOf(cell)).toEqual({
    ops: 5,
    ipis: 15 * 2,
    flushRounds: 15,
    pagesInvalidated: 0,
    fullFlushes: 15 * 3,
  })
  const holders = { ops: 5, ipis: 0, flushRounds: 0, pagesInvalidated: 0, fullFlushes: 15 }
  expect(await countsOf({ ...cell, strategyParameters: { holdersOnly: 1 } })).toEqual(holders)
  // Who asks holders only sends none.
  expect(await countsOf(cell, 'immediate')).toMatchObject({ ipis: 0, pagesInvalidated: 15 })
})
