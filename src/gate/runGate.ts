import { readdirSync, rmdirSync } from 'node:fs'
import { UsageError } from '../contract/usageError.js'
import { readEnvironment } from '../harness/environment.js'
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PASS, EXIT_USAGE } from '../harness/exitCodes.js'
import { firstLine } from '../harness/quote.js'
import { terminalOf } from '../harness/progress.js'
import { stopSignal } from '../harness/stopSignals.js'
import { colourWanted } from '../report/colour.js'
import { parseFormat } from '../report/formats.js'
import type { CertificationRow } from '../records/certificationColumns.js'
import { certificationTable } from './certificationTable.js'
import { runExactGate } from './exactGate.js'
import type { GateDeclarations } from './declarations.js'
import { type GateOptions, modeOf } from './gateOptions.js'
import { against, certifyItself, type ModeContext, testItself } from './modes.js'
import { createGateFolder } from './output/gateFolder.js'
import { type GateIo, publish, publishNoVerdict, publishOwn, publishRefusal } from './output/publish.js'
import { GateRefusal } from './refusal.js'
import type { SelfTestResult } from './selfTest.js'
import type { Verdict } from './verdict.js'

/**
 * `npm run gate`, in any of its modes.
 * @returns the exit code
 * @throws UsageError before anything is measured; RecordWriteError
 */
export async function runGate(options: GateOptions, declarations: GateDeclarations): Promise<number> {
  const format = parseFormat(options.format ?? 'table')
  const signal = stopSignal()
  const { stdout, stderr, env } = process
  const io: GateIo = {
    env,
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    format,
  }
  const context: ModeContext = {
    matrix: declarations.wallClock,
    signal,
    onStep: (text) => io.stderr(`${text} ...\n`),
  }
  try {
    const mode = modeOf(options)
    switch (mode) {
      case 'exact':
        return await judged('exact', options, io, () =>
          runExactGate(options, declarations.exact, signal, terminalOf(process)),
        )
      case 'against':
        return await judged('wall-clock', options, io, (folder) =>
          against({ ...options, against: options.against ?? '' }, folder, context),
        )
      case 'selfTest':
        return tellSelfTest(await testItself(options, context), io)
      case 'certify':
        return tellCertification(await certifyItself(options, context), io)
      default:
        throw new Error(`no such mode: ${String(mode satisfies never)}`)
    }
  } catch (error) {
    if (signal.aborted) {
      const message = 'interrupted: what was measured is kept, nothing else is left behind'
      io.stderr(`${message}\n`)
      publishNoVerdict({ verdict: 'interrupted', exitCode: EXIT_INTERRUPTED, message }, io)
      return EXIT_INTERRUPTED
    }
    if (error instanceof GateRefusal) return publishRefusal(error, io)
    const exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED
    const message = error instanceof UsageError ? error.message : `unexpected: ${firstLine(error)}`
    publishNoVerdict({ verdict: 'failed', exitCode, message }, io)
    throw error
  }
}

async function judged(
  tier: Verdict['tier'],
  options: GateOptions,
  io: GateIo,
  run: (folder: string) => Promise<Verdict>,
): Promise<number> {
  const folder = createGateFolder({
    out: options.out ?? null,
    tier,
    startedAt: new Date(),
    root: process.cwd(),
  })
  let verdict: Verdict
  try {
    verdict = await run(folder)
  } catch (error) {
    // A refusal before anything was measured has nothing to keep.
    if (options.out === undefined && readdirSync(folder).length === 0) rmdirSync(folder)
    throw error
  }
  return publish(verdict, {
    ...io,
    folder,
    colour: colourWanted(process.stdout, process.env),
    environment: readEnvironment(),
  })
}

function tellSelfTest(results: readonly SelfTestResult[], io: GateIo): number {
  const failed = results.filter(({ held }) => !held)
  const rows = results.map(({ held, what, expected, seen }) => [
    held ? 'held' : 'FAILED',
    what,
    expected,
    seen,
  ])
  return publishOwn(
    {
      title: 'self-test',
      reason:
        failed.length === 0
          ? 'The gate goes red where it has to, and stays green where nothing is worse.'
          : `The gate cannot be trusted: ${failed.map(({ what }) => what).join('; ')}.`,
      verdict: failed.length === 0 ? 'pass' : 'failed',
      exitCode: failed.length === 0 ? EXIT_PASS : EXIT_FAILED,
      table: [['', 'what', 'expected', 'seen'], ...rows],
    },
    io,
  )
}

function tellCertification(rows: readonly CertificationRow[], io: GateIo): number {
  const reason = `${rows.length} gate runs on builds of known difference.`
  const table = certificationTable(rows)
  return publishOwn({ title: 'certification', reason, verdict: 'pass', exitCode: EXIT_PASS, table }, io)
}
