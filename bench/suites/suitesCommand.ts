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
import { medianRanks } from '../../src/stats/medianInterval.js'
import { runProcesses } from './runSuites.js'
import { SUITES } from './suites.js'
import { suiteTable } from './suiteTable.js'

const DEFAULT_BUDGET_MS = 2000
const MAX_BUDGET_MS = 600_000
/** The fewest whose range covers the median with 95 % or more. */
const DEFAULT_PROCESSES = 6
const MAX_PROCESSES = 100
const FORMATS = ['table', 'json'] as const

interface SuitesOptions {
  filter?: string
  format?: string
  budgetMs?: string
  processes?: string
}

/** The command line of `npm run bench:suites`. */
export function suitesCommand(): Command {
  return new Command('suites')
    .description("Measure the harness's own hot paths, each beside the bare loop that it cannot beat.")
    .option('--filter <regex>', `only suites whose name matches: ${[...SUITES.keys()].join(', ')}`)
    .option(
      '--budget-ms <n>',
      `milliseconds for each process, warm-up included (default ${DEFAULT_BUDGET_MS})`,
    )
    .option('--processes <n>', `fresh processes for each suite (default ${DEFAULT_PROCESSES})`)
    .option('--format <format>', 'table or json on stdout (default table)')
    .action(async (options: SuitesOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command)
      process.exitCode = await act(options)
    })
}

async function act(options: SuitesOptions): Promise<number> {
  const names = chosen(options.filter)
  const budgetMs = whole('--budget-ms', options.budgetMs, DEFAULT_BUDGET_MS, MAX_BUDGET_MS)
  const processes = whole('--processes', options.processes, DEFAULT_PROCESSES, MAX_PROCESSES)
  const format = FORMATS.find((name) => name === (options.format ?? 'table'))
  if (format === undefined) {
    const typed = asTyped(options.format ?? '')
    throw new UsageError(`--format ${typed}`, 'there is no such format', FORMATS, 'leave it out for a table')
  }
  const environment = readEnvironment()
  const before = readLoad()
  const { rows, errors } = await runProcesses(names, processes, budgetMs)
  for (const [name, error] of errors) process.stderr.write(`error: suite ${name}\n${error}\n`)
  const after = readLoad()
  for (const warning of warningsAfter(before, after, environment.cores)) {
    process.stderr.write(`warning: ${warning}\n`)
  }
  const text =
    format === 'json'
      ? `${JSON.stringify({ environment, load: { before, after }, budget_ms: budgetMs, processes, rows }, null, 2)}\n`
      : `${machineLine(environment, before)}\n\n${suiteTable(rows)}\n${intervalLine(processes)}\n`
  process.stdout.write(text)
  return errors.size > 0 ? EXIT_FAILED : EXIT_PASS
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

function whole(option: string, typed: string | undefined, standard: number, most: number): number {
  if (typed === undefined) return standard
  const value = /^\d+$/.test(typed) ? Number(typed) : NaN
  if (value >= 1 && value <= most) return value
  throw new UsageError(
    `${option} ${asTyped(typed)}`,
    `not a whole number from 1 to ${most}`,
    [],
    `for example ${option} ${standard}`,
  )
}

/** What the table's intervals are about. */
function intervalLine(processes: number): string {
  const ranks = medianRanks(processes)
  if (ranks === null) return 'No intervals and no verdicts: they need at least 3 processes.'
  const coverage = Number((ranks.coverage * 100).toFixed(2))
  return `low..high encloses the median ratio of all such processes with ${coverage} % (${processes} processes for each suite).`
}

function machineLine({ cpu_model, cores, node }: Environment, { load_average_1min }: MachineLoad): string {
  const load = load_average_1min === null ? 'unknown' : load_average_1min.toFixed(2)
  return `${cpu_model ?? 'unknown CPU'}, ${cores} cores, node ${node}, load average ${load} before the run`
}
