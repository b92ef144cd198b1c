import { CONTRACTS, type Contract } from '../contract/obligation.js'
import type { StrategyModule } from '../contract/strategy.js'
import type { WorkloadModule } from '../contract/workload.js'
import { UsageError } from '../contract/usageError.js'
import { formatParams } from '../records/params.js'
import type { EngineName, ModuleRef } from './job.js'
import type { Loaded } from './loadModule.js'
import { givenBy, resolveParameters } from './parameters.js'
import { strategyParameters } from './skipOption.js'
import { MAX_THREADS_CPUS, ROLE_NAMES, resolveRoles, withRoles } from './roles.js'
import type { Spec } from './spec.js'

/** What is measured several times: one strategy with its parameters, on one workload with its own, on one machine. */
export interface Cell {
  engine: EngineName
  strategy: ModuleRef
  workload: ModuleRef
  cpus: number
  contract: Contract
  /** The `params` column. */
  params: string
  /** The `skipped` column: why the cell is not run; absent or empty where it is. */
  skipped?: string
}

/** One entry of the command line with the module that it names. */
export interface Choice<M> {
  spec: Spec
  loaded: Loaded<M>
}

export interface CellRequest {
  engines: readonly EngineName[]
  strategies: readonly Choice<StrategyModule>[]
  workloads: readonly Choice<WorkloadModule>[]
  cpus: Record<EngineName, readonly number[]>
  quick: boolean
}

/** As much of a cell as its name needs; a row of a file has no more. */
interface NamedCell {
  engine: string
  strategy: { name: string }
  workload: { name: string }
  cpus: number
}

/** What `--filter` matches and messages say. */
export function cellName(cell: NamedCell): string {
  return `${cell.engine}/${cell.strategy.name}/${cell.workload.name}/${cell.cpus}`
}

/** Tells cells apart, also those of one strategy with different parameters. */
export function cellKey(cell: Cell): string {
  return JSON.stringify([cell.engine, cell.strategy.name, cell.workload.name, cell.cpus, cell.params])
}

/**
 * Every engine x strategy x workload x CPU count, all input checked.
 *
 * A cell that is asked for twice (`all,batched`, or a parameter set to its default) is measured once:
 * the wish is clear, and two rows of one cell would be one row too many in every summary.
 */
export function buildCells(request: CellRequest): Cell[] {
  const cells = new Map<string, Cell>()
  for (const engine of request.engines) {
    for (const cpus of request.cpus[engine]) {
      if (engine === 'threads') checkThreadsCpus(cpus)
      for (const workload of request.workloads) {
        for (const strategy of request.strategies) {
          const cell = buildCell(engine, strategy, workload, cpus, request.quick)
          const key = cellKey(cell)
          if (!cells.has(key)) cells.set(key, cell)
        }
      }
    }
  }
  return [...cells.values()]
}

function buildCell(
  engine: EngineName,
  strategy: Choice<StrategyModule>,
  workload: Choice<WorkloadModule>,
  cpus: number,
  quick: boolean,
): Cell {
  const strategyThing = `strategy ${strategy.loaded.name}`
  const strategyModule = strategy.loaded.module
  const ofStrategy = resolveParameters(
    strategyThing,
    strategyParameters(strategyModule),
    givenBy(strategyThing, strategy.spec, strategyModule.presets),
    quick,
  )

  const workloadThing = `workload ${workload.loaded.name}`
  const given = givenBy(workloadThing, workload.spec, undefined)
  const own = workload.loaded.module.parameters
  // Names and bounds against everything that may be typed, so that `initiator=2` finds `initiators`.
  resolveParameters(workloadThing, withRoles(own), given, quick)
  const givenOwn = new Map([...given].filter(([name]) => !(ROLE_NAMES as readonly string[]).includes(name)))
  const ofWorkload = resolveParameters(workloadThing, own, givenOwn, quick)
  const name = `${engine}/${strategy.loaded.name}/${workload.loaded.name}/${cpus}`
  const roles = resolveRoles(`cell ${name}`, given, cpus)

  return {
    engine,
    strategy: { name: strategy.loaded.name, file: strategy.loaded.file, parameters: ofStrategy.values },
    workload: {
      name: workload.loaded.name,
      file: workload.loaded.file,
      parameters: { ...ofWorkload.values, ...roles.values },
    },
    cpus,
    contract: contractOf(strategyThing, strategyModule, ofStrategy.values),
    params: formatParams(ofStrategy.shown, { ...ofWorkload.shown, ...roles.shown }),
  }
}

function checkThreadsCpus(cpus: number): void {
  if (cpus <= MAX_THREADS_CPUS) return
  const reason = `${cpus} CPUs are too many for engine threads, which runs up to ${MAX_THREADS_CPUS} workers`
  throw new UsageError(`--cpus ${cpus}`, reason, [], 'more CPUs only in virtual time: --engine sim')
}

function contractOf(thing: string, module: StrategyModule, parameters: Record<string, number>): Contract {
  const contract: unknown = module.contract(parameters)
  if (typeof contract === 'string' && CONTRACTS.includes(contract as Contract)) return contract as Contract
  throw new UsageError(
    thing,
    `its contract is ${String(contract)}`,
    CONTRACTS,
    'return one of these from contract()',
  )
}
