import { COUNT_ACCESSES, COUNT_IPIS, COUNT_TLB_MISSES } from '../../src/machine/counters.js'
import { quantile } from '../../src/stats/quantile.js'
import storm from '../../src/workloads/munmap-storm.js'
import { planOf, type CellOptions } from './cell.js'
import type { LiveCells } from './liveCells.js'
import type { Rule } from './rewrite.js'
import { mustBe, type Sample } from './suite.js'
import { ACCESSES, hitPlan } from './tlbHit.js'

/** The two things that hooks could make slower, as cells of the engine. */

/** Pages of a run, as in the suite tlb-hit. */
const HIT_PAGES = 64
const STORM_OPS = 32

export interface HookCell {
  readonly name: string
  readonly operation: string
  start(cells: LiveCells, also: Partial<CellOptions>, without?: Rule): Promise<() => Promise<Sample>>
}

const hit: HookCell = {
  name: 'hit',
  operation: 'access that hits the first level',
  async start(cells, also, without) {
    const pass = await cells.start(hitPlan(HIT_PAGES, also), without)
    // The first pass fills the TLB.
    await pass()
    return async () => {
      const [{ cpu, startNs, endNs }] = await pass()
      mustBe('accesses of a pass', cpu.counters[COUNT_ACCESSES], ACCESSES)
      mustBe('misses of a pass that only hits', cpu.counters[COUNT_TLB_MISSES], 0)
      return { ns: endNs - startNs, operations: ACCESSES }
    }
  },
}

/** An unmap of one page that the other CPU has touched too, so one round of `immediate`. */
const unmap: HookCell = {
  name: 'unmap',
  operation: 'munmap of one page that 2 CPUs hold, median of a pass',
  async start(cells, also, without) {
    const parameters = { pages: 1, ops: STORM_OPS, pauseNs: 0, readerPages: 32, readerWorkNs: 0 }
    const plan = planOf(storm.write, { cpus: 2, initiators: 1, readers: 1, parameters, ...also })
    const pass = await cells.start(plan, without)
    const isWatched = also.isOracleOff !== true
    return async () => {
      const [{ cpu }] = await pass()
      mustBe('unmaps of a pass', cpu.opsNs.length, STORM_OPS)
      mustBe('interrupts of a pass', cpu.counters[COUNT_IPIS], STORM_OPS)
      // The oracle notes one for each operation: it is there, or it is not.
      mustBe('exposures of a pass', cpu.exposuresNs.length, isWatched ? STORM_OPS : 0)
      // The mean would be that of the few unmaps in which a worker lost its core.
      return { ns: quantile(cpu.opsNs, 0.5) ?? NaN, operations: 1 }
    }
  },
}

export const HOOK_CELLS: readonly HookCell[] = [hit, unmap]
