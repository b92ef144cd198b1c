import { UsageError } from '../contract/usageError.js'
import { readCsv } from '../records/csvReader.js'
import { type RunFolder, runFolderAt } from '../records/runFolder.js'
import { SAMPLE_COLUMNS, type SampleRow } from '../records/sampleColumns.js'
import { type BenchOptions, type PlanOptions, pickPlanOptions } from './benchOptions.js'
import { type BenchPlan, type PlanIdentity, planHash } from './benchPlan.js'
import type { Environment } from './environment.js'
import { type RunRecord, readRunRecord } from './runJson.js'
import { keyOfJob, repetitionKey } from './sampleRow.js'

/** A run that stopped before its end, and what it has measured. */
export interface Interrupted {
  folder: RunFolder
  record: RunRecord
  rows: SampleRow[]
}

export function openInterrupted(path: string): Interrupted {
  const folder = runFolderAt(path)
  const record = readRunRecord(folder)
  const thing = `--resume ${path}`
  if (record.status === 'complete') {
    throw new UsageError(
      thing,
      'this run is complete: nothing is left to measure',
      [],
      'start a new one without --resume',
    )
  }
  if (record.status === 'running' && isAlive(record.process_id)) {
    const reason = `process ${record.process_id} seems to be measuring it still`
    throw new UsageError(thing, reason, [], 'wait for it to end, or stop it')
  }
  const { rows } = readCsv(folder.samplesCsv, SAMPLE_COLUMNS, { tolerateTornTail: true })
  const stranger = rows.find((row) => row.run_id !== record.run_id)
  if (stranger !== undefined) {
    const reason = `its samples.csv holds rows of run ${stranger.run_id}, its run.json is of ${record.run_id}`
    throw new UsageError(thing, reason, [], 'give the folder of one run')
  }
  return { folder, record, rows }
}

/** What the run was begun with; options given now go first, so that a contradiction shows up in the plan. */
export function resumedOptions(now: BenchOptions, then: PlanOptions): PlanOptions {
  return { ...then, ...pickPlanOptions(now) }
}

/** Half a run under one configuration and half under another would be rows that look alike and are not. */
export function refuseOtherPlan(
  thing: string,
  interrupted: Interrupted,
  plan: BenchPlan,
  environment: Environment,
): void {
  const { record } = interrupted
  const remedy = 'leave out the options (they are in run.json), or start a new run'
  if (planHash(plan.identity) !== record.plan_hash) {
    throw new UsageError(
      thing,
      `the run was begun with another ${firstDifference(record.plan, plan.identity)}`,
      [],
      remedy,
    )
  }
  for (const [what, then, now] of [
    ['version of node', record.environment.node, environment.node],
    ['CPU model', record.environment.cpu_model, environment.cpu_model],
    ['commit', record.environment.git_commit, environment.git_commit],
  ]) {
    if (then === now) continue
    throw new UsageError(
      thing,
      `the run was begun with another ${what}: ${then} then, ${now} now`,
      [],
      'start a new run',
    )
  }
  const planned = new Set(plan.blocks.flatMap((block) => block.jobs.map(keyOfJob)))
  const stranger = interrupted.rows.find((row) => !planned.has(repetitionKey(row)))
  if (stranger !== undefined) {
    const reason = `its samples.csv holds a row that is not of its plan: ${repetitionKey(stranger)}`
    throw new UsageError(thing, reason, [], 'start a new run')
  }
  if (planned.size === new Set(interrupted.rows.map(repetitionKey)).size) {
    throw new UsageError(
      thing,
      'every repetition of this run has its row: nothing is left to measure',
      [],
      'start a new run',
    )
  }
}

function firstDifference(then: PlanIdentity, now: PlanIdentity): string {
  for (const name of ['seed', 'profile', 'profile_hash', 'fault', 'shard'] as const) {
    if (then[name] === now[name]) continue
    return `${name.replace('_', ' ')}: ${then[name] || 'none'} then, ${now[name] || 'none'} now`
  }
  for (const engine of ['sim', 'threads'] as const) {
    const [a, b] = [then.repetitions[engine], now.repetitions[engine]]
    if (a !== b) return `number of repetitions for ${engine}: ${a} then, ${b} now`
  }
  const length = Math.max(then.cells.length, now.cells.length)
  for (let at = 0; at < length; at++) {
    const [a, b] = [then.cells[at] ?? 'none', now.cells[at] ?? 'none']
    if (a !== b) return `cell ${at + 1}: ${a} then, ${b} now`
  }
  const module = Object.keys(then.modules).find((name) => then.modules[name] !== now.modules[name])
  return `${module ?? 'plan'}: its file has changed`
}

function isAlive(processId: number): boolean {
  try {
    // Signal 0 asks and sends nothing.
    process.kill(processId, 0)
    return processId !== process.pid
  } catch {
    return false
  }
}
