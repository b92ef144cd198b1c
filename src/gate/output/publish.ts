/** Everything that is told of a gate run, in one call. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Environment } from '../../harness/environment.js'
import { EXIT_INCONCLUSIVE } from '../../harness/exitCodes.js'
import { writeWhole } from '../../records/writeFile.js'
import { alignedTable } from '../../report/alignedTable.js'
import type { Format } from '../../report/formats.js'
import { annotation, annotations } from '../../report/gate/annotations.js'
import { markdownHead, markdownRow } from '../../report/gate/markdown.js'
import { stepSummary, summaryHead } from '../../report/gate/stepSummary.js'
import { verdictText } from '../../report/gate/verdictText.js'
import { oneLine, worstRatio } from '../../report/gate/verdictWords.js'
import type { GateRefusal } from '../refusal.js'
import type { Verdict } from '../verdict.js'
import { exitCodeOf } from './exitCode.js'
import { appendStepOutputs, appendStepSummary } from './githubFiles.js'
import { verdictCsv } from './verdictCsv.js'
import { verdictJson } from './verdictJson.js'

export interface GateIo {
  /** Variables of the environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly format: Format
}

export interface PublishOptions extends GateIo {
  /** Of gateFolder.ts. */
  readonly folder: string
  /** See colour.ts. */
  readonly colour: boolean
  readonly environment: Environment
}

/**
 * First the files in the folder, then stdout, then GitHub's files where their variables are set. Of these, one that
 * cannot be written is a warning and changes neither verdict nor exit code.
 * @returns the exit code
 * @throws RecordWriteError when a file in the folder cannot be written; the verdict has been printed all the same
 */
export function publish(verdict: Verdict, options: PublishOptions): number {
  const { folder, env, format, environment } = options
  const files = { json: join(folder, 'verdict.json'), csv: join(folder, 'verdict.csv') }
  const json = () => verdictJson(verdict, environment)
  const csv = () => verdictCsv(verdict)
  const failure = firstFailure([() => writeWhole(files.json, json()), () => writeWhole(files.csv, csv())])

  if (isOnGithub(env)) commandStream(options)(annotations(verdict, files))
  if (format === 'table') printTable(verdictText(verdict, { ...files, colour: options.colour }), options)
  else options.stdout(format === 'json' ? json() : csv())

  tellGithub(options, (budgetBytes) => stepSummary(verdict, files, budgetBytes), {
    verdict: verdict.outcome,
    'exit-code': String(exitCodeOf(verdict)),
    reason: verdict.reason,
    'worst-ratio': String(worstRatio(verdict) ?? ''),
    report: folder,
  })
  if (failure !== null) throw failure.cause
  options.stderr(`results: ${folder}\n`)
  return exitCodeOf(verdict)
}

/** Why a gate run has ended without a verdict. */
export interface NoVerdict {
  readonly verdict: 'refused' | 'failed' | 'interrupted'
  readonly exitCode: number
  /** The thing, then the reason and the remedy, a line each. */
  readonly message: string
}

/** A page that is empty looks like that of a gate that never ran. Without GitHub this tells nobody anything. */
export function publishNoVerdict({ verdict, exitCode, message }: NoVerdict, io: GateIo): void {
  const [what, ...paragraphs] = message.split('\n')
  if (isOnGithub(io.env)) commandStream(io)(annotation('warning', 'performance gate: no verdict', message))
  const head = summaryHead('no verdict', what, paragraphs)
  tellGithub(io, (budgetBytes) => (Buffer.byteLength(head) > budgetBytes ? null : head), {
    verdict,
    'exit-code': String(exitCode),
    reason: message,
    'worst-ratio': '',
    report: '',
  })
}

/** @returns the exit code */
export function publishRefusal(refusal: GateRefusal, io: GateIo): number {
  io.stderr(`error: ${refusal.message.split('\n').map(oneLine).join('\n')}\n`)
  publishNoVerdict({ verdict: 'refused', exitCode: EXIT_INCONCLUSIVE, message: refusal.message }, io)
  return EXIT_INCONCLUSIVE
}

/** What a run of the gate that judges the gate itself has found. */
export interface OwnFindings {
  /** As on the page of the step: `self-test`. */
  readonly title: string
  readonly reason: string
  readonly verdict: 'pass' | 'failed'
  readonly exitCode: number
  /** The first row is the heading; texts. */
  readonly table: readonly string[][]
}

/** @returns the exit code */
export function publishOwn({ title, reason, verdict, exitCode, table }: OwnFindings, io: GateIo): number {
  const [head, ...rows] = table
  const textColumns = new Set(head.keys())
  printTable(alignedTable(table, textColumns), io)
  io.stdout(`${reason}\n`)
  const page =
    summaryHead(title, reason, []) + [markdownHead(head, textColumns), ...rows.map(markdownRow)].join('')
  tellGithub(io, (budgetBytes) => (Buffer.byteLength(page) > budgetBytes ? null : page), {
    verdict,
    'exit-code': String(exitCode),
    reason,
    'worst-ratio': '',
    report: '',
  })
  return exitCode
}

function isOnGithub(env: GateIo['env']): boolean {
  return env['GITHUB_ACTIONS'] === 'true'
}

/** The runner reads commands from both streams; JSON and CSV have stdout for themselves. */
function commandStream(io: GateIo): (text: string) => void {
  return (text) => (io.format === 'table' ? io.stdout(text) : io.stderr(text))
}

/** On GitHub between commands that keep a line of the table from being taken for a command. */
function printTable(table: string, io: GateIo): void {
  const token = randomUUID()
  io.stdout(isOnGithub(io.env) ? `::stop-commands::${token}\n${table}::${token}::\n` : table)
}

function tellGithub(
  io: GateIo,
  summary: (budgetBytes: number) => string | null,
  outputs: Readonly<Record<string, string>>,
): void {
  const warn = (variable: string, problem: string | null): void => {
    if (problem !== null) io.stderr(`warning: nothing was written to ${variable}: ${problem}\n`)
  }
  const page = io.env['GITHUB_STEP_SUMMARY'] ?? ''
  const values = io.env['GITHUB_OUTPUT'] ?? ''
  if (page !== '') warn('GITHUB_STEP_SUMMARY', appendStepSummary(page, summary))
  if (values !== '') warn('GITHUB_OUTPUT', appendStepOutputs(values, outputs))
}

/** All are tried: what the disk still takes is kept. */
function firstFailure(writes: readonly (() => void)[]): { cause: unknown } | null {
  let failure: { cause: unknown } | null = null
  for (const write of writes) {
    try {
      write()
    } catch (cause) {
      failure ??= { cause }
    }
  }
  return failure
}
