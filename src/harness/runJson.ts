import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { UsageError } from '../contract/usageError.js'
import { SCHEMA_VERSION } from '../records/columns.js'
import type { RunFolder } from '../records/runFolder.js'
import { parseRunJson, readRunJson, recordedPlan, RUN_STATUSES } from '../records/runRecord.js'
import { medianRanks } from '../stats/medianInterval.js'
import type { PlanOptions } from './benchOptions.js'
import { type BenchPlan, type PlanIdentity, planHash } from './benchPlan.js'
import type { Environment, MachineLoad } from './environment.js'
import type { Failure } from './failures.js'
import type { EngineName } from './job.js'

/** Everything about a run that is not a row: written when it begins and again when it ends. */
export interface RunRecord {
  schema_version: number
  run_id: string
  label: string
  /** `running` in a file that nobody writes any more is a run that crashed. */
  status: (typeof RUN_STATUSES)[number]
  exit_code: number | null
  process_id: number
  version: string
  argv: string[]
  started: string
  ended: string | null
  resumed: string[]
  /** As typed; `--resume` needs them to make the same plan. */
  options: PlanOptions
  plan: PlanIdentity
  plan_hash: string
  environment: Environment
  load_before: MachineLoad
  load_after: MachineLoad | null
  warnings: string[]
  /** Probability with which an interval of summary.csv encloses the median; null where there is none. */
  interval_coverage: Record<EngineName, number | null>
  failures: Failure[]
  /** Which repetitions did different work, where they should have done the same. */
  tape_mismatch: string | null
}

export interface RunStart {
  runId: string
  label: string
  startedAt: Date
  argv: readonly string[]
  typed: PlanOptions
  plan: BenchPlan
  environment: Environment
  load: MachineLoad
  warnings: string[]
}

/** @param earlier the record of the run that goes on: its beginning, its warnings and its failures stay on record */
export function beginRecord(earlier: RunRecord | null, start: RunStart): RunRecord {
  const { plan } = start
  const time = start.startedAt.toISOString()
  return {
    schema_version: SCHEMA_VERSION,
    run_id: start.runId,
    label: earlier?.label ?? start.label,
    status: 'running',
    exit_code: null,
    process_id: process.pid,
    version: productVersion(),
    argv: earlier?.argv ?? [...start.argv],
    started: earlier?.started ?? time,
    ended: null,
    resumed: earlier === null ? [] : [...earlier.resumed, time],
    options: start.typed,
    plan: plan.identity,
    plan_hash: planHash(plan.identity),
    environment: start.environment,
    load_before: start.load,
    load_after: null,
    warnings: [...new Set([...(earlier?.warnings ?? []), ...start.warnings])],
    interval_coverage: {
      sim: medianRanks(plan.repetitions.sim)?.coverage ?? null,
      threads: medianRanks(plan.repetitions.threads)?.coverage ?? null,
    },
    failures: earlier?.failures ?? [],
    tape_mismatch: null,
  }
}

function productVersion(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** What `--resume` looks at; the rest is passed through as it stands. */
const resumable = z.looseObject({
  schema_version: z.literal(SCHEMA_VERSION),
  run_id: z.string().min(1),
  status: z.enum(RUN_STATUSES),
  process_id: z.number(),
  options: z.record(z.string(), z.unknown()),
  plan: recordedPlan,
  plan_hash: z.string(),
  environment: z.looseObject({
    cpu_model: z.string().nullable(),
    node: z.string(),
    git_commit: z.string().nullable(),
  }),
  resumed: z.array(z.string()),
  warnings: z.array(z.string()),
  failures: z.array(z.unknown()),
})

/** The run.json of a run that shall go on. */
export function readRunRecord(folder: RunFolder): RunRecord {
  const thing = `--resume ${folder.path}`
  const json = readRunJson(folder, thing)
  if (json !== null && typeof json === 'object' && 'parts' in json) {
    throw new UsageError(thing, 'it was merged of several runs', [], 'resume those, and merge them again')
  }
  parseRunJson(thing, json, resumable)
  return json as RunRecord
}
