import type { WorkloadModule } from '../../src/contract/workload.js'
import type { CellPlan } from '../../src/engines/cellWords.js'
import type { FaultPlan } from '../../src/engines/faultPlan.js'
import { randomOf } from '../../src/harness/random.js'
import { loadProfile } from '../../src/machine/profile.js'
import immediate from '../../src/strategies/immediate.js'
import { makeTapes } from '../../src/workloads/shared/tapeWriter.js'

const PROFILE = 'icelake-2s64c'
/** A small machine boots sooner, and no suite runs out of frames. */
const SMALL_MACHINE = ['memory.frames=8192']

export interface CellOptions {
  readonly cpus: number
  readonly initiators: number
  readonly readers: number
  readonly isOracleFull?: boolean
  readonly isOracleOff?: boolean
  readonly faults?: FaultPlan
  readonly parameters?: Record<string, number>
  readonly profileSets?: readonly string[]
}

/** A cell under `immediate`, the strategy of all suites, with a workload of the suite's own. */
export function planOf(write: WorkloadModule['write'], options: CellOptions): CellPlan {
  const workload: WorkloadModule = { summary: '', source: '', op: '', parameters: {}, write }
  const { cpus, initiators, readers, parameters = {} } = options
  return {
    tapes: makeTapes('suite', workload, {
      cpuCount: cpus,
      initiators,
      readers,
      parameters,
      random: randomBelow(),
    }),
    profile: loadProfile(PROFILE, options.profileSets ?? SMALL_MACHINE).profile,
    module: immediate,
    parameters: {},
    isOracleFull: options.isOracleFull ?? false,
    isOracleOff: options.isOracleOff ?? false,
    serialStart: 0,
    faults: options.faults,
  }
}

/** The same numbers every time: suites are compared from run to run. */
export function randomBelow(): (bound: number) => number {
  return randomOf(1, 0)
}
