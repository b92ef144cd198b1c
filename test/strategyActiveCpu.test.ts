import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_BROADCAST_SYNCS, COUNT_BROADCASTS } from '../dist/src/machine/counters.js'
import { invariantsOf, simCell, type CellOptions, type CellResult } from './support/runCell.js'

const OPS = 4

function countsOf({ figures }: CellResult) {
  const { ipis, pagesInvalidated, fullFlushes, counters } = figures
  const [broadcasts, syncs] = [counters[COUNT_BROADCASTS], counters[COUNT_BROADCAST_SYNCS]]
  return { ipis, pagesInvalidated, fullFlushes, broadcasts, syncs }
}

/** CPU 0 works in space 2; CPU 1 has been there for a moment, or never. */
const ownSpace = (pages: number, hasVisitor: boolean): WorkloadModule => ({
  summary: 'a space of one CPU',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write: (plan) => {
    const handle = plan.handle()
    const [tape, other] = [plan.tape(0), plan.tape(1)]
    tape.switchTo(2)
    if (hasVisitor) {
      other.switchTo(2)
      other.switchTo(1)
    }
    tape.body()
    tape.loop(OPS, () => {
      tape.map(handle, pages, { writable: true })
      tape.write(handle, 0, pages)
      tape.op(() => tape.unmap(handle))
    })
    other.body()
    other.op(() => other.compute(100))
  },
})

const cell = (pages: number, hasVisitor: boolean, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'active-cpu',
  workload: ownSpace(pages, hasVisitor),
  cpus: 3,
  initiators: 2,
  readers: 0,
  oracle: 'full',
  ...more,
})

const LOCAL = { ipis: 0, broadcasts: 0, syncs: 0 }

describe('a space that one CPU runs', () => {
  test.each([1, 3, 33])('%i pages: they are invalidated here, and nobody is told', async (pages) => {
    const result = await simCell(cell(pages, false))
    expect(invariantsOf(result)).toEqual([])
    expect(countsOf(result)).toEqual({ ...LOCAL, pagesInvalidated: OPS * pages, fullFlushes: 0 })
    // Others know nothing of it: all of them tell every CPU.
    const tlbi = countsOf(await simCell(cell(pages, false, { strategy: 'arm64-tlbi' })))
    expect(tlbi).toMatchObject({ pagesInvalidated: 0, syncs: OPS })
  })

  test('above the ceiling its own tag is flushed', async () => {
    const result = await simCell(cell(3, false, { strategyParameters: { ceiling: 2 } }))
    expect(countsOf(result)).toEqual({ ...LOCAL, pagesInvalidated: 0, fullFlushes: OPS })
  })

  test('stays many for good, when a second one has run it for a moment', async () => {
    const result = await simCell(cell(3, true))
    expect(invariantsOf(result)).toEqual([])
    expect(countsOf(result)).toEqual({
      ipis: 0,
      pagesInvalidated: 0,
      fullFlushes: 0,
      // 2 pages and 1.
      broadcasts: OPS * 2,
      syncs: OPS,
    })
  })

  test('freed tables need nobody either', async () => {
    const profileSets = ['memory.frames=8192', 'memory.tableFreeing=empty']
    const result = await simCell(cell(2, false, { profileSets }))
    expect(invariantsOf(result)).toEqual([])
    expect(countsOf(result)).toMatchObject(LOCAL)
    const visited = await simCell(cell(2, true, { profileSets }))
    expect(invariantsOf(visited)).toEqual([])
    expect(countsOf(visited)).toMatchObject({ ipis: OPS * 2, syncs: OPS })
  })
})
