import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { ParameterSpecs, Parameters } from '../../contract/parameter.js'
import type { StrategyModule } from '../../contract/strategy.js'
import type { WorkloadModule } from '../../contract/workload.js'
import type { EngineResult } from '../../engines/plan.js'
import { runSim } from '../../engines/sim/engine.js'
import { loadProfile } from '../../machine/profile.js'
import { makeTapes } from '../../workloads/shared/tapeWriter.js'

/** One run in virtual time with every check of the oracle. */
export interface SimCell {
  readonly workload: WorkloadModule
  readonly workloadName: string
  readonly workloadParameters: Readonly<Record<string, number>>
  readonly tickUs: number
  /** Parameters of some strategies. */
  readonly variant: Readonly<Record<string, number>>
  readonly cpus: number
  readonly initiators: number
  readonly seed: number
  readonly serialStart: number
  readonly frames: number
}

export function runCell(module: StrategyModule, profile: string, cell: SimCell): EngineResult {
  const tapes = makeTapes(cell.workloadName, cell.workload, {
    cpuCount: cell.cpus,
    initiators: cell.initiators,
    readers: cell.cpus - cell.initiators,
    parameters: withDefaults(cell.workload.parameters, cell.workloadParameters),
    random: randomOf(cell.seed, 0),
  })
  const plan = {
    tapes,
    profile: loadProfile(profile, [`memory.frames=${cell.frames}`]).profile,
    module,
    parameters: withDefaults(module.parameters, { tickUs: cell.tickUs, ...cell.variant }),
    isOracleFull: true,
    serialStart: cell.serialStart,
  }
  return runSim({ plan, random: randomOf(cell.seed, 1), warmupPasses: 1, mayRepeatPasses: false })
}

/** What a cell sets and a module does not know is left out: one list of cells serves all strategies. */
export function withDefaults(specs: ParameterSpecs, given: Readonly<Record<string, number>>): Parameters {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, given[name] ?? spec.default]))
}

/** As the harness does: stream 0 for tapes, stream 1 for the machine. */
function randomOf(seed: number, stream: number): (bound: number) => number {
  const generator = xoroshiro128plus(seed)
  for (let i = 0; i < stream; i++) generator.jump()
  return (bound) => uniformInt(generator, 0, bound - 1)
}
