import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { ParameterSpecs, Parameters } from '../../dist/src/contract/parameter.js'
import type { StrategyModule } from '../../dist/src/contract/strategy.js'
import type { TapeSet } from '../../dist/src/contract/tape.js'
import type { WorkloadModule } from '../../dist/src/contract/workload.js'
import type { CellPlan } from '../../dist/src/engines/cellWords.js'
import type { FaultPlan } from '../../dist/src/engines/faultPlan.js'
import type { EngineResult } from '../../dist/src/engines/plan.js'
import { faultSpec, type FaultName } from '../../dist/src/engines/faultSpecs.js'
import { importStrategy, joinFiles } from '../../dist/src/engines/importStrategy.js'
import { runSim } from '../../dist/src/engines/sim/engine.js'
import { runThreads } from '../../dist/src/engines/threads/engine.js'
import { strategyParameters } from '../../dist/src/harness/skipOption.js'
import { shippedProfileWith } from '../../dist/src/machine/hardware.js'
import { loadProfile } from '../../dist/src/machine/profile.js'
import { defaultsOf } from '../../dist/src/records/params.js'
import { makeTapes } from '../../dist/src/workloads/shared/tapeWriter.js'

export const ROOT = resolve(import.meta.dirname, '..', '..')
/** For strategies that need nothing more than interrupts. */
const PROFILE = 'icelake-2s64c'
/** A small machine boots sooner; no closed form depends on the number of frames that nobody runs out of. */
const SMALL_MACHINE = ['memory.frames=8192']

export const OWN_STRATEGIES = ['immediate', 'batched', 'lazy'] as const
export const OWN_WORKLOADS = [
  'munmap-storm',
  'madvise-page',
  'mprotect-storm',
  'direct-map-zap',
  'web-server',
] as const

/** One cell, run in this process. What is not given is the default of whoever declares it. */
export interface CellOptions {
  /** A name, or a file of src/testing/ or test/fixtures/strategies/ without its ending; several with a plus between them. */
  strategy: string
  /** In place of the file's own module; `sim` only, since workers load the file. */
  module?: StrategyModule
  strategyParameters?: Record<string, number>
  /** A name, or a module of the test. */
  workload: string | WorkloadModule
  parameters?: Record<string, number>
  cpus: number
  initiators?: number
  readers?: number
  seed?: number
  oracle?: 'full' | 'local'
  serialStart?: number
  profileSets?: string[]
  /** `sim` only. */
  mayRepeatPasses?: boolean
  /** `threads` only. */
  passes?: number
  faults?: FaultPlan['faults']
  isOversubscribed?: boolean
  watchdogMs?: number
}

/** A fault with its defaults, but for what is given. */
export function fault(name: FaultName, given: Record<string, number> = {}): FaultPlan['faults'] {
  return { [name]: valuesOf(faultSpec(name).parameters, given) }
}

export interface CellResult extends EngineResult {
  tapes: TapeSet
  contract: string
}

/** The planted strategies are plain files that can also be given to `--strategy`. */
function fixtureFile(name: string): string {
  return resolve(ROOT, 'test/fixtures/strategies', `${name}.mjs`)
}

/** A shipped strategy, a fixture, or a base or a planted defect; some have one name. */
function fileOf(name: string): string {
  const own = (folder: string) => resolve(ROOT, 'dist/src', folder, `${name}.js`)
  const files = [own('strategies'), fixtureFile(name), own('testing/bases'), own('testing/defects')]
  return files.find((file) => existsSync(file)) ?? fixtureFile(name)
}

/** Several, as `--strategy` names them: `a+b`; one for some kinds of mapping only runs with `batched`. */
async function strategyFile(name: string): Promise<string> {
  const files = name.split('+').map(fileOf)
  if (files.length === 1 && (await importStrategy(files[0])).handles !== undefined)
    files.push(fileOf('batched'))
  return joinFiles(files)
}

async function loadDefault<T>(file: string): Promise<T> {
  return ((await import(pathToFileURL(file).href)) as { default: T }).default
}

/** The module of one file, also where it handles some kinds of mapping only. */
export function loadAlone(name: string): Promise<StrategyModule> {
  return importStrategy(fileOf(name))
}

export async function loadStrategy(name: string): Promise<StrategyModule> {
  return importStrategy(await strategyFile(name))
}

function valuesOf(specs: ParameterSpecs, given: Record<string, number> = {}): Parameters {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(specs, name))
  if (unknown !== undefined) throw new Error(`the test gives a parameter that does not exist: ${unknown}`)
  return {
    ...defaultsOf(specs),
    ...given,
  }
}

/** As src/harness/engineRun.ts does: stream 0 for tapes, stream 1 for the machine. */
function randomOf(seed: number, stream: number): (bound: number) => number {
  const generator = xoroshiro128plus(seed)
  for (let i = 0; i < stream; i++) generator.jump()
  return (bound) => uniformInt(generator, 0, bound - 1)
}

export async function planOf(options: CellOptions): Promise<CellPlan> {
  const { cpus, initiators = 1, readers = cpus - initiators, seed = 1 } = options
  const workload =
    typeof options.workload === 'string'
      ? await loadDefault<WorkloadModule>(resolve(ROOT, 'dist/src/workloads', `${options.workload}.js`))
      : options.workload
  const tapes = makeTapes(typeof options.workload === 'string' ? options.workload : 'test', workload, {
    cpuCount: cpus,
    initiators,
    readers,
    parameters: valuesOf(workload.parameters, options.parameters),
    random: randomOf(seed, 0),
  })
  const module = options.module ?? (await loadStrategy(options.strategy))
  const profileName = shippedProfileWith(module.needs, [PROFILE]) ?? PROFILE
  return {
    tapes,
    profile: loadProfile(profileName, options.profileSets ?? SMALL_MACHINE).profile,
    module,
    parameters: valuesOf(strategyParameters(module), options.strategyParameters),
    isOracleFull: (options.oracle ?? 'local') === 'full',
    serialStart: options.serialStart ?? 0,
    faults: options.faults === undefined ? undefined : { seed, faults: options.faults },
  }
}

export async function tapesOf(options: CellOptions): Promise<TapeSet> {
  return (await planOf(options)).tapes
}

/** One warm-up pass and one measured pass in virtual time. */
export async function simCell(options: CellOptions): Promise<CellResult> {
  const plan = await planOf(options)
  const result = runSim({
    plan,
    random: randomOf(options.seed ?? 1, 1),
    warmupPasses: 1,
    mayRepeatPasses: options.mayRepeatPasses ?? true,
  })
  return { ...result, tapes: plan.tapes, contract: plan.module.contract(plan.parameters) }
}

export async function threadsCell(options: CellOptions): Promise<CellResult> {
  const plan = await planOf(options)
  const result = await runThreads({
    plan,
    strategyFile: await strategyFile(options.strategy),
    isOversubscribed: options.isOversubscribed ?? false,
    watchdogMs: options.watchdogMs ?? 10_000,
    random: randomOf(options.seed ?? 1, 1),
    // One pass, as in `sim`: what strategies keep from pass to pass is then the same.
    warmupMs: 0,
    measuredPasses: options.passes ?? 1,
  })
  return { ...result, tapes: plan.tapes, contract: plan.module.contract(plan.parameters) }
}

/** Names of the invariants that were violated, each once. */
export function invariantsOf(result: EngineResult): string[] {
  return [...new Set(result.violations.map(({ invariant }) => invariant))].sort()
}
