/** run.json, read back: what a resumed run and a report look at. The rest is passed through as it stands. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { UsageError } from '../contract/usageError.js'
import { SCHEMA_VERSION } from './columns.js'
import type { RunFolder } from './runFolder.js'
import { reasonOf } from './writeFile.js'

export const RUN_STATUSES = ['running', 'complete', 'interrupted', 'failed'] as const

/** What was meant to be measured, and with what. */
export const recordedPlan = z.looseObject({
  seed: z.number(),
  profile: z.string(),
  profile_hash: z.string(),
  fault: z.string(),
  repetitions: z.object({ sim: z.number(), threads: z.number() }),
  warmup_ms: z.number().optional(),
  /** `engine/strategy/workload/cpus params`, in the order of the matrix. */
  cells: z.array(z.string()),
  modules: z.record(z.string(), z.string()),
  /** Absent in a run that is not a shard. */
  shard: z
    .string()
    .regex(/^[1-9]\d*\/[1-9]\d*$/)
    .optional(),
})

const environment = z.looseObject({
  cpu_model: z.string().nullable(),
  node: z.string(),
  git_commit: z.string().nullable(),
  git_dirty: z.boolean().nullable(),
})

const measuredRun = z.looseObject({
  schema_version: z.literal(SCHEMA_VERSION),
  run_id: z.string().min(1),
  status: z.enum(RUN_STATUSES),
  version: z.string(),
  started: z.iso.datetime(),
  ended: z.iso.datetime().nullable(),
  plan: recordedPlan,
  environment,
  failures: z.array(z.unknown()),
})

/** A run, or several that were merged: then `parts` are their records. */
const recordedRun = measuredRun.extend({ parts: z.array(measuredRun).optional() })

export type RecordedPlan = z.infer<typeof recordedPlan>
export type MeasuredRun = z.infer<typeof measuredRun>
export type RecordedRun = z.infer<typeof recordedRun>

export function readRecordedRun(folder: RunFolder): RecordedRun {
  return parseRunJson(folder.path, readRunJson(folder, folder.path), recordedRun)
}

/** @param thing what messages begin with */
export function readRunJson(folder: RunFolder, thing: string): unknown {
  try {
    return JSON.parse(readFileSync(folder.runJson, 'utf8'))
  } catch (error) {
    const reason = `its run.json cannot be read: ${reasonOf(error).split('\n')[0]}`
    throw new UsageError(thing, reason, [], 'give the folder of a run')
  }
}

export function parseRunJson<T>(thing: string, json: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const reason = `its run.json is not one of this version: ${issue.path.join('.')}: ${issue.message}`
  throw new UsageError(thing, reason, [], 'give the folder of a run that this version began')
}
