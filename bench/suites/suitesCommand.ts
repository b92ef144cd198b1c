import { Command } from 'commander'
import { UsageError } from '../../src/contract/usageError.js'
import { strayArgument } from '../../src/harness/cli.js'
import {
  readEnvironment,
  readLoad,
  type Environment,
  type MachineLoad,
} from '../../src/harness/environment.js'
import { EXIT_FAILED, EXIT_PASS } from '../../src/harness/exitCodes.js'
import { nearestFirst } from '../../src/harness/nearest.js'
import { asTyped } from '../../src/harness/quote.js'
import { warningsAfter } from '../../src/harness/warnings.js'
import { runSuite } from './runSuites.js'
import type { SuiteRow } from './suite.js'
import { SUITES } from './suites.js'
import { suiteTable } from './suiteTable.js'

const DEFAULT_BUDGET_MS = 4000
const MAX_BUDGET_MS = 600_000
const FORMATS = ['table', 'json'] as const

interface SuitesOptions {
  filter?: string
  format?: string
  budgetMs?: string
}

/** The command line of `npm run bench:suites`. */
export function suitesCommand(): Command {
  return new Command('suites')
    .description("Measure the harness's own hot paths, each beside the bare loop that it cannot beat.")
    .option('--filter <regex>', `only suites whose name matches: ${[...SUITES.keys()].join(', ')}`)
    .option('--budget-ms <n>', `milliseconds for each suite, warm-up included (default ${DEFAULT_BUDGET_MS})`)
    .option('--format <format>', 'table or json on stdout (default table)')
    .action(async (options: SuitesOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command.args[0])
      process.exitCode = await act(options)
    })
}

async function act(options: SuitesOptions): Promise<number> {
  const names = chosen(options.filter)
  const budgetMs = budget(options.budgetMs)
  const format = FORMATS.find((name) => name === (options.format ?? 'table'))
  if (format === undefined) {
    const typed = asTyped(options.format ?? '')
    throw new UsageError(`--format ${typed}`, 'there is no such format', FORMATS, 'leave it out for a table')
  }
  const environment = readEnvironment()
  const before = readLoad()
  const rows: SuiteRow[] = []
  let exitCode: number = EXIT_PASS
  for (const name of names) {
    if (process.stderr.isTTY) process.stderr.write(`${name} ...\n`)
    const answer = await runSuite(name, budgetMs)
    if ('rows' in answer) {
      rows.push(...answer.rows)
      continue
    }
    process.stderr.write(`error: suite ${name}\n${answer.error}\n`)
    exitCode = EXIT_FAILED
  }
  const after = readLoad()
  for (const warning of warningsAfter(before, after, environment.cores)) {
    process.stderr.write(`warning: ${warning}\n`)
  }
  const text =
    format === 'json'
      ? `${JSON.stringify({ environment, load: { before, after }, budget_ms: budgetMs, rows }, null, 2)}\n`
      : `${machineLine(environment, before)}\n\n${suiteTable(rows)}`
  process.stdout.write(text)
  return exitCode
}

function chosen(filter: string | undefined): string[] {
  const names = [...SUITES.keys()]
  if (filter === undefined) return names
  let pattern: RegExp
  try {
    pattern = new RegExp(filter)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`--filter ${asTyped(filter)}`, reason, [], "for example --filter '^sim'")
  }
  const matching = names.filter((name) => pattern.test(name))
  if (matching.length === 0) {
    throw new UsageError(
      `--filter ${asTyped(filter)}`,
      'no suite matches',
      nearestFirst(filter, names),
      "for example --filter '^sim'",
    )
  }
  return matching
}

function budget(typed: string | undefined): number {
  if (typed === undefined) return DEFAULT_BUDGET_MS
  const value = /^\d+$/.test(typed) ? Number(typed) : NaN
  if (value >= 1 && value <= MAX_BUDGET_MS) return value
  const thing = `--budget-ms ${asTyped(typed)}`
  throw new UsageError(
    thing,
    `not a whole number from 1 to ${MAX_BUDGET_MS}`,
    [],
    `for example --budget-ms ${DEFAULT_BUDGET_MS}`,
  )
}

function machineLine({ cpu_model, cores, node }: Environment, { load_average_1min }: MachineLoad): string {
  const load = load_average_1min === null ? 'unknown' : load_average_1min.toFixed(2)
  return `${cpu_model ?? 'unknown CPU'}, ${cores} cores, node ${node}, load average ${load} before the run`
}
