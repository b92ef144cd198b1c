import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { simCell, type CellOptions } from './support/runCell.js'

const PAGES = 3

/** Everybody reads a page; CPU 0 unmaps PAGES pages, then takes a permission away, then maps pages until it has reused all. */
const deferring = (protects: boolean): WorkloadModule => ({
  summary: 'an unmap, another flush, and reuse',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write: (plan) => {
    const shared = plan.handle()
    const [scratch, guarded, again] = [plan.handle(), plan.handle(), plan.handle()]
    const tape = plan.tape(0)
    tape.map(shared, 1)
    tape.read(shared, 0, 1)
    tape.body()
    tape.map(scratch, PAGES, { writable: true })
    tape.map(guarded, PAGES, { writable: true })
    tape.write(scratch, 0, PAGES)
    tape.write(guarded, 0, PAGES)
    tape.op(() => tape.unmap(scratch))
    if (protects) tape.op(() => tape.protect(guarded, 0, PAGES, false))
    // The frames and the address of what was unmapped, mapped again.
    tape.op(() => {
      tape.map(again, PAGES, { writable: true })
      tape.write(again, 0, PAGES)
    })
    tape.batch(() => {
      tape.unmap(again)
      tape.unmap(guarded)
    })
    for (let reader = 1; reader <= plan.readerCount; reader++) {
      const other = plan.tape(reader)
      other.body()
      other.read(shared, 0, 1)
    }
  },
})

const run = (strategy: string, workload: WorkloadModule, more: Partial<CellOptions> = {}) =>
  simCell({ strategy, workload, cpus: 3, oracle: 'full', ...more })

describe('piggyback', () => {
  test('an unmap costs nothing, whoever holds the space', async () => {
    const storm = { parameters: { pages: PAGES, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 } }
    for (const cpus of [1, 2, 8]) {
      const { figures, violations } = await simCell({
        strategy: 'piggyback',
        workload: 'munmap-storm',
        cpus,
        oracle: 'full',
        ...storm,
      })
      expect(figures).toMatchObject({ ops: 5, ipis: 0, flushRounds: 0, pagesInvalidated: 0, fullFlushes: 0 })
      expect(violations).toEqual([])
    }
  })

  test('a flush that was needed anyway takes it along: reuse then asks for nothing', async () => {
    const along = await run('piggyback', deferring(true))
    expect(along.violations).toEqual([])
    // The protect: one round for all of the space, on its two other holders and here.
    expect(along.figures).toMatchObject({ flushRounds: 1, ipis: 2, pagesInvalidated: 0, fullFlushes: 3 })
    expect(along.figures.counters[COUNT_DEMANDS]).toBe(0)
  })

  test('without anything deferred the flush is of the range', async () => {
    const { figures } = await simCell({
      strategy: 'piggyback',
      workload: 'mprotect-storm',
      parameters: { pages: 16, range: 3, pairs: 6 },
      cpus: 3,
    })
    expect(figures).toMatchObject({ flushRounds: 6, ipis: 12, pagesInvalidated: 6 * 3 * 3, fullFlushes: 0 })
  })
})
