import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { splitFiles } from '../engines/importStrategy.js'
import type { ProfileChoice } from '../machine/profile.js'
import { loadProfile } from '../machine/profile.js'
import { moduleNames, type ModuleKind } from '../registry.js'
import { type PlanOptions, parseCpus, parseEngines, parseRepetitions, parseSeed } from './benchOptions.js'
import { chooseStrategy } from './chooseStrategy.js'
import { type Cell, type Choice, buildCells, cellName } from './cells.js'
import type { BenchDefaults } from './defaults.js'
import { type FaultChoice, NO_FAULT, parseFaults, refuseIdleFaults } from './faults.js'
import type { EngineName } from './job.js'
import { loadWorkload } from './loadModule.js'
import { lackOf, refuseForeignHardware } from './machineNeeds.js'
import { type Block, filterCells, planBlocks } from './plan.js'
import { cellsOfShard, type Shard, shardText } from './shard.js'
import { parseShard } from './shardOption.js'
import { withSkips } from './skipOption.js'
import { ALL, type Spec, parseSpecs } from './spec.js'

/** Everything that will be measured, checked. */
export interface BenchPlan {
  /** Of the shard only, where there is one. */
  cells: Cell[]
  blocks: Block[]
  profile: ProfileChoice
  fault: FaultChoice
  seed: number
  repetitions: Record<EngineName, number>
  warmupMs: number
  shard: Shard | null
  identity: PlanIdentity
}

/** What must be the same for two runs to be the same run. Kept in run.json; compared entry by entry on `--resume`. */
export interface PlanIdentity {
  seed: number
  profile: string
  profile_hash: string
  /** As the `fault` column. */
  fault: string
  repetitions: Record<EngineName, number>
  warmup_ms: number
  /** `engine/strategy/workload/cpus params`, in the order of the matrix: all of it, also in a shard. */
  cells: string[]
  /** Hash of the file of each strategy and workload. */
  modules: Record<string, string>
  /** `2/4`; absent in a run that is not a shard. */
  shard?: string
}

export async function makePlan(options: PlanOptions, defaults: BenchDefaults): Promise<BenchPlan> {
  const quick = options.quick === true
  const engines = parseEngines(options.engine ?? defaults.engines)
  const seed = options.seed === undefined ? defaults.seed : parseSeed(options.seed)
  const standard = quick ? defaults.quick : defaults
  const count = options.repetitions === undefined ? undefined : parseRepetitions(options.repetitions)
  const repetitions = count === undefined ? standard.repetitions : { sim: count, threads: count }
  const list = options.cpus === undefined ? undefined : parseCpus(options.cpus)
  const cpus = list === undefined ? standard.cpus : { sim: list, threads: list }
  const strategies = await choose(
    'strategy',
    withSkips(parseSpecs('--strategy', options.strategy ?? defaults.strategies), options.skip),
    chooseStrategy,
  )
  const workloads = await choose(
    'workload',
    parseSpecs('--workload', options.workload ?? defaults.workloads),
    async (spec) => ({ spec, loaded: await loadWorkload(spec.name) }),
  )
  const profile = loadProfile(options.profile ?? defaults.profile, options.profileSet ?? [])
  const [first, ...further] = strategies
  if (further.length === 0) refuseForeignHardware(first.loaded.name, first.loaded.module, profile)
  const lacks = new Map(strategies.map(({ loaded }) => [loaded.name, lackOf(loaded.module, profile)]))
  const built = buildCells({ engines, strategies, workloads, cpus, quick })
  const all = built.map((cell) => ({ ...cell, skipped: lacks.get(cell.strategy.name) ?? '' }))
  const matrix = filterCells(all, options.filter)
  const fault = options.fault === undefined ? NO_FAULT : parseFaults(options.fault)
  refuseIdleFaults(fault, matrix, strategies)
  const shard = options.shard === undefined ? null : parseShard(options.shard, process.env)
  const cells = shard === null ? matrix : cellsOfShard(matrix, shard)
  const identity: PlanIdentity = {
    seed,
    profile: profile.name,
    profile_hash: profile.hash,
    fault: fault.text,
    repetitions,
    warmup_ms: standard.warmupMs,
    cells: matrix.map((cell) => `${cellName(cell)} ${cell.params}`.trimEnd()),
    modules: moduleHashes(matrix),
    ...(shard === null ? {} : { shard: shardText(shard) }),
  }
  return {
    cells,
    blocks: planBlocks(cells, repetitions, seed),
    profile,
    fault,
    seed,
    repetitions,
    warmupMs: standard.warmupMs,
    shard,
    identity,
  }
}

export function planHash(identity: PlanIdentity): string {
  return sha256(JSON.stringify(identity))
}

async function choose<M>(
  kind: ModuleKind,
  typed: readonly Spec[],
  load: (spec: Spec) => Promise<Choice<M>>,
): Promise<Choice<M>[]> {
  const choices: Choice<M>[] = []
  for (const spec of typed) {
    const specs: Spec[] = spec.name === ALL ? moduleNames(kind).map((name) => ({ ...spec, name })) : [spec]
    for (const one of specs) choices.push(await load(one))
  }
  return choices
}

function moduleHashes(cells: readonly Cell[]): Record<string, string> {
  const hashes: Record<string, string> = {}
  for (const cell of cells) {
    for (const [kind, { name, file }] of [
      ['strategy', cell.strategy],
      ['workload', cell.workload],
    ] as const) {
      hashes[`${kind} ${name}`] ??= sha256(Buffer.concat(splitFiles(file).map((one) => readFileSync(one))))
    }
  }
  return hashes
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}
