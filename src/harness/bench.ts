import { UsageError } from '../contract/usageError.js'
import { createCsv, reopenCsv } from '../records/csvWriter.js'
import { datapackage } from '../records/datapackage.js'
import { createRunFolder } from '../records/runFolder.js'
import { SAMPLE_COLUMNS, type SampleRow } from '../records/sampleColumns.js'
import { writeJson } from '../records/writeFile.js'
import { parseFormat } from '../report/formats.js'
import { type BenchOptions, pickPlanOptions } from './benchOptions.js'
import { type BenchPlan, makePlan } from './benchPlan.js'
import { conclude } from './conclude.js'
import type { BenchDefaults } from './defaults.js'
import { readEnvironment, readLoad } from './environment.js'
import { type Isolation, standardIsolation } from './isolation.js'
import { measure } from './measure.js'
import type { Block } from './plan.js'
import { Progress } from './progress.js'
import { type Interrupted, openInterrupted, refuseOtherPlan, resumedOptions } from './resume.js'
import type { BenchIo, Run } from './run.js'
import { beginRecord } from './runJson.js'
import { keyOfJob, repetitionKey } from './sampleRow.js'
import { shardText } from './shard.js'
import { stopSignal } from './stopSignals.js'
import { warningsBefore } from './warnings.js'

/**
 * `npm run bench`: checks all input, measures, leaves a run folder, prints the summary.
 * @param isolation tests put a child of their own in the place of the real one
 * @returns the exit code
 * @throws UsageError before anything is measured; RecordWriteError when the disk gives up
 */
export async function runBench(
  options: BenchOptions,
  defaults: BenchDefaults,
  io: BenchIo,
  isolation: Isolation = standardIsolation(),
): Promise<number> {
  const format = parseFormat(options.format ?? 'table')
  const run = await prepare(options, defaults, io)
  for (const warning of run.record.warnings) io.stderr(`warning: ${warning}\n`)
  const signal = stopSignal()
  const writer =
    run.record.resumed.length === 0
      ? createCsv(run.folder.samplesCsv, SAMPLE_COLUMNS)
      : reopenCsv(run.folder.samplesCsv, SAMPLE_COLUMNS)
  writeJson(run.folder.datapackageJson, datapackage(run.runId))
  // Last of the three: where there is a run.json, there is a run that can be resumed.
  writeJson(run.folder.runJson, run.record)
  const blocks = blocksLeft(run.plan, run.earlier)
  const progress = new Progress(io.terminal, blocks, isolation.lanes)
  const { options: typed } = run.record
  const measured = await measure({
    runId: run.runId,
    plan: run.plan,
    blocks,
    isolation,
    reproduction: {
      seed: run.plan.seed,
      profile: typed.profile ?? null,
      profileSets: typed.profileSet ?? [],
      fault: run.plan.fault.text,
    },
    writer,
    progress,
    signal,
    nowMs: () => performance.now(),
  })
  progress.clear()
  writer.close()
  const rows = [...run.earlier, ...measured.rows]
  return conclude(run, rows, measured.failures, blocksLeft(run.plan, rows), format, io)
}

async function prepare(options: BenchOptions, defaults: BenchDefaults, io: BenchIo): Promise<Run> {
  const interrupted = options.resume === undefined ? null : openResumed(options, options.resume)
  const typed =
    interrupted === null ? pickPlanOptions(options) : resumedOptions(options, interrupted.record.options)
  const plan = await makePlan(typed, defaults)
  const environment = readEnvironment()
  if (interrupted !== null) refuseOtherPlan(`--resume ${options.resume}`, interrupted, plan, environment)
  const startedAt = new Date()
  const label = options.label ?? defaults.label
  // The last check, because it leaves a folder behind.
  const { folder, runId } =
    interrupted === null
      ? createRunFolder({ out: options.out ?? null, label, startedAt, root: process.cwd() })
      : { folder: interrupted.folder, runId: interrupted.record.run_id }
  const load = readLoad()
  const record = beginRecord(interrupted?.record ?? null, {
    runId,
    label,
    startedAt,
    argv: io.argv,
    // `auto` as it was resolved: a run is resumed elsewhere, or by hand.
    typed: plan.shard === null ? typed : { ...typed, shard: shardText(plan.shard) },
    plan,
    environment,
    load,
    warnings: warningsBefore(plan, environment, load),
  })
  return { plan, folder, runId, record, earlier: interrupted?.rows ?? [] }
}

function openResumed(options: BenchOptions, path: string): Interrupted {
  for (const name of ['out', 'label'] as const) {
    if (options[name] === undefined) continue
    throw new UsageError(
      `--${name} with --resume`,
      'a resumed run keeps its folder and its name',
      [],
      `leave out --${name}`,
    )
  }
  return openInterrupted(path)
}

/** The plan without the repetitions that have a row, in its order. */
function blocksLeft(plan: BenchPlan, rows: readonly SampleRow[]): Block[] {
  const done = new Set(rows.map(repetitionKey))
  const blocks = plan.blocks.map(({ engine, jobs }) => ({
    engine,
    jobs: jobs.filter((job) => !done.has(keyOfJob(job))),
  }))
  return blocks.filter((block) => block.jobs.length > 0)
}
