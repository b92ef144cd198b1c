import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_BROADCAST_SYNCS, COUNT_BROADCASTS } from '../dist/src/machine/counters.js'
import { invariantsOf, simCell, threadsCell, type CellOptions, type CellResult } from './support/runCell.js'

const OPS = 3

const storm = (pages: number, cpus: number, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'arm64-tlbi',
  workload: 'munmap-storm',
  parameters: { pages, ops: OPS, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  cpus,
  ...more,
})

function countsOf({ figures }: CellResult) {
  const { ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = figures
  const [broadcasts, syncs] = [counters[COUNT_BROADCASTS], counters[COUNT_BROADCAST_SYNCS]]
  return { ipis, flushRounds, pagesInvalidated, fullFlushes, broadcasts, syncs }
}

/** Only broadcasts, and one barrier for each op. */
const onlyBroadcasts = (perOp: number) => ({
  ipis: 0,
  flushRounds: 0,
  pagesInvalidated: 0,
  fullFlushes: 0,
  broadcasts: OPS * perOp,
  syncs: OPS,
})

/** Pages as (num + 1) << (5 * scale + 1): digits of pages / 2 in base 32, and an odd page. */
function operationsOf(pages: number): number {
  const digits = Math.floor(pages / 2)
    .toString(32)
    .replaceAll('0', '').length
  return digits + (pages % 2)
}

describe('closed forms', () => {
  test.each([1, 2, 3, 16, 33, 64, 65, 130, 511])('%i pages', async (pages) => {
    for (const cpus of [1, 2, 5])
      expect(countsOf(await simCell(storm(pages, cpus)))).toEqual(onlyBroadcasts(operationsOf(pages)))
  })

  test('above the ceiling the whole tag goes, and without range operations each page', async () => {
    expect(countsOf(await simCell(storm(512, 3)))).toEqual(onlyBroadcasts(1))
    const single = { strategyParameters: { rangeOperations: 0 } }
    expect(countsOf(await simCell(storm(33, 3, single)))).toEqual(onlyBroadcasts(33))
    expect(countsOf(await simCell(storm(512, 3, single)))).toEqual(onlyBroadcasts(1))
    const wide = { strategyParameters: { ceiling: 1024 } }
    expect(countsOf(await simCell(storm(512, 3, wide)))).toEqual(onlyBroadcasts(1))
    expect(countsOf(await simCell(storm(576, 3, wide)))).toEqual(onlyBroadcasts(operationsOf(576)))
  })

  test('a freed table costs everybody an interrupt besides', async () => {
    const alone: WorkloadModule = {
      summary: 'one mapping, whose leaf table goes with it',
      source: 'none',
      op: 'one unmap',
      parameters: {},
      write: (plan) => {
        const handle = plan.handle()
        const tape = plan.tape(0)
        tape.body()
        tape.loop(OPS, () => {
          tape.map(handle, 2, { writable: true })
          tape.write(handle, 0, 2)
          tape.op(() => tape.unmap(handle))
        })
      },
    }
    const profileSets = ['memory.frames=8192', 'memory.tableFreeing=empty']
    const freed = await simCell(storm(2, 4, { workload: alone, parameters: {}, readers: 0, profileSets }))
    expect(countsOf(freed)).toEqual({ ...onlyBroadcasts(1), ipis: OPS * 3, flushRounds: OPS })
    const kept = await simCell(storm(2, 4, { workload: alone, parameters: {}, readers: 0 }))
    expect(countsOf(kept)).toEqual(onlyBroadcasts(1))
  })

  test('on real threads the counts are the same', async () => {
    const options = storm(33, 2, { oracle: 'full' })
    const [sim, threads] = [await simCell(options), await threadsCell(options)]
    expect([invariantsOf(sim), invariantsOf(threads)]).toEqual([[], []])
    expect(countsOf(threads)).toEqual(countsOf(sim))
  })
})

/** CPU 1 fills its TLB, leaves the space, and comes back when CPU 0 has taken one page away. */
const returning: WorkloadModule = {
  summary: 'a CPU that comes back to a space',
  source: 'none',
  op: 'one advise',
  parameters: {},
  write: (plan) => {
    const shared = plan.handle()
    const [first, second] = [plan.tape(0), plan.tape(1)]
    first.map(shared, 16, { writable: true })
    first.body()
    first.write(shared, 0, 16)
    first.barrier()
    first.barrier()
    first.op(() => first.adviseAway(shared, 0, 1))
    first.barrier()
    second.body()
    second.barrier()
    second.op(() => second.read(shared, 0, 16))
    second.switchTo(2)
    second.barrier()
    second.barrier()
    second.switchTo(1)
    second.op(() => second.read(shared, 1, 15))
  },
}

test('a CPU that comes back has kept its translations, without what was taken away meanwhile', async () => {
  const options: CellOptions = {
    strategy: 'arm64-tlbi',
    workload: returning,
    cpus: 2,
    initiators: 2,
    oracle: 'full',
  }
  const kept = await simCell(options)
  expect(invariantsOf(kept)).toEqual([])
  // batched has one tag and flushes it at each switch: all 15 pages are walked again.
  const flushed = await simCell({ ...options, strategy: 'batched' })
  expect(flushed.figures.tlbMisses - kept.figures.tlbMisses).toBeGreaterThanOrEqual(15)
})

test('a batch waits for one barrier', async () => {
  const batch: WorkloadModule = {
    summary: 'four ranges',
    source: 'none',
    op: 'one batch',
    parameters: {},
    write: (plan) => {
      const handle = plan.handle()
      const tape = plan.tape(0)
      tape.map(handle, 8, { writable: true })
      tape.body()
      tape.write(handle, 0, 8)
      tape.op(() =>
        tape.batch(() => {
          for (const page of [0, 2, 4, 6]) tape.adviseAway(handle, page, 1)
        }),
      )
    },
  }
  const one = await simCell({ strategy: 'arm64-tlbi', workload: batch, cpus: 2, readers: 0 })
  // Pages 0 to 6: 6 pages and 1.
  expect(countsOf(one)).toMatchObject({ broadcasts: 2, syncs: 1, ipis: 0 })
})
