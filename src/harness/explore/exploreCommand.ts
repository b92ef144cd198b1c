import { Command } from 'commander'
import { UsageError } from '../../contract/usageError.js'
import { coverageTable, scheduleTable, type CoverageLine } from '../../report/exploreTable.js'
import { parseFormat, type Format } from '../../report/formats.js'
import { OPERATION_KINDS } from '../../engines/explore/exploreCase.js'
import { BROKEN } from '../../engines/explore/transitions.js'
import { strayArgument } from '../cli.js'
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PASS } from '../exitCodes.js'
import { stopSignal } from '../stopSignals.js'
import { coverageCsv } from './coverageCsv.js'
import { runDefects } from './defectsRun.js'
import type { Exploration } from '../../engines/explore/engine.js'
import type { ExploreJob, ExploreRow } from './exploreJob.js'
import { type ExploreOptions } from './exploreOptions.js'
import { planExplorations, type ExploreDefaults } from './explorePlan.js'
import { exploreCommandFor } from './exploreReproduce.js'
import { runExplorations } from './exploreRun.js'

/** The command line of `explore`. */
export function exploreCommand(defaults: ExploreDefaults): Command {
  const joined = (value: string, before: string | undefined): string =>
    before === undefined ? value : `${before},${value}`
  return new Command('explore')
    .description('Run every interleaving of small cases, state by state, against the oracle.')
    .option('--strategy <list>', 'names or files; all (default all)', joined)
    .option('--case <list>', `${defaults.cases.map(({ name }) => name).join(', ')} (default all)`, joined)
    .option('--list', 'show the cases, and explore nothing')
    .option('--cpus <n>', 'CPUs, in place of what the case says')
    .option('--pages <n>', 'pages of the mapping that all CPUs share')
    .option('--operations <n>', 'operations of each CPU')
    .option(
      '--alphabet <list>',
      `what a CPU may do: ${OPERATION_KINDS.join(', ')}; lists for several CPUs: advise/touch`,
    )
    .option('--preempt <where>', 'none, hooks, or all (the kernel side as well)')
    .option('--frames <n>', 'frames of the pool')
    .option('--ticks <n>', 'ticks that each CPU takes at most')
    .option('--spurious <n>', 'spurious interrupts that each CPU takes at most')
    .option('--serial-start <n>', 'the serial issued last before the case begins')
    .option('--guest', 'the shared mapping is guest memory')
    .option('--store-buffer', 'plain stores wait in a buffer per CPU')
    .option('--break-before-make', 'the machine demands a flush between two entries of one address')
    .option('--fills <when>', 'late (where it can matter), or anytime: slower, for comparison')
    .option('--no-symmetry', 'do not take CPUs that have done nothing yet for one another')
    .option('--max-states <n>', `states of one search at most (default ${defaults.stateCount})`)
    .option('--budget <seconds>', 'time of one search at most (default: what the case says)')
    .option('--no-shorten', 'take the first schedule that is found')
    .option('--replay <schedule>', 'run one schedule again, step by step')
    .option('--defects [names]', 'look for the planted defects, and for their bases')
    .option('--threads <seconds>', 'with --defects: look for each on real workers too, so long (default 0)')
    .option('--write <file>', 'with --defects: the table as a page of the docs')
    .option('--format <format>', 'table, json or csv on stdout (default table)')
    .addHelpText(
      'after',
      '\nExit codes: 0 all was seen, or a bound ended it; 2 bad input; 4 something was found; 130 interrupted.',
    )
    .action(async (options: ExploreOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command)
      process.exitCode = await act(options, defaults)
    })
}

async function act(options: ExploreOptions, defaults: ExploreDefaults): Promise<number> {
  const format = parseFormat(options.format ?? 'table')
  if (options.list === true) {
    const width = Math.max(...defaults.cases.map(({ name }) => name.length))
    for (const { name, summary } of defaults.cases)
      process.stdout.write(`${name.padEnd(width)}  ${summary}\n`)
    return EXIT_PASS
  }
  if (options.defects !== undefined)
    return runDefects(
      options,
      await defaults.defects(),
      await defaults.witnesses(),
      defaults.profile,
      stopSignal(),
    )
  const jobs = await planExplorations(options, defaults)
  const signal = stopSignal()
  const rows = await runExplorations(jobs, signal, (row, left) => {
    process.stderr.write(progressLine(row, left))
  })
  const usage = rows
    .map(({ answer }) => answer)
    .find((answer) => answer.status === 'failed' && answer.isUsage)
  if (usage?.status === 'failed') throw new UsageError(usage.message, '', [], '')
  rows.sort(byName)
  process.stdout.write(render(rows, format))
  for (const row of rows) process.stderr.write(explain(row, options))
  if (signal.aborted) {
    process.stderr.write(`interrupted: ${jobs.length - rows.length} of ${jobs.length} searches are missing\n`)
    return EXIT_INTERRUPTED
  }
  return rows.some(hasFailed) ? EXIT_FAILED : EXIT_PASS
}

/** Searches are run in another order than people look for them. */
function byName(a: ExploreRow, b: ExploreRow): number {
  return a.job.strategy.localeCompare(b.job.strategy, 'en')
}

function progressLine(row: ExploreRow, left: number): string {
  return `${row.job.strategy} ${row.job.case.name}: ${lineOf(row).outcome}; ${left} left\n`
}

/** Contract `none` promises nothing. */
function hasFailed({ job, answer }: ExploreRow): boolean {
  if (answer.status === 'failed') return true
  const finding = answer.status === 'explored' ? answer.exploration.finding : answer.finding
  return finding !== null && (job.contract !== 'none' || finding.invariant === BROKEN)
}

function lineOf({ job, answer }: ExploreRow): CoverageLine {
  const { cpuCount, pageCount, operationCount, preemption } = job.case
  const head = {
    strategy: job.strategy,
    case: job.case.name,
    size: `${cpuCount}x${pageCount}x${operationCount}`,
    preemption,
  }
  if (answer.status !== 'explored') {
    const finding = answer.status === 'replayed' ? answer.finding : null
    const outcome = answer.status === 'failed' ? 'FAILED' : (finding?.invariant ?? 'nothing found')
    return { ...head, states: null, transitions: null, depth: null, seconds: null, givenUp: null, outcome }
  }
  const { states, transitions, depth, elapsedMs, givenUp } = answer.exploration
  return {
    ...head,
    states,
    transitions,
    depth,
    seconds: elapsedMs / 1000,
    givenUp,
    outcome: outcomeOf(job, answer.exploration),
  }
}

function outcomeOf({ milliseconds, stateCount, contract }: ExploreJob, exploration: Exploration): string {
  const { finding, end, scheduleLength, isShortest, untried } = exploration
  if (finding !== null) {
    const found = `${finding.invariant} in ${scheduleLength} steps${isShortest ? '' : ' or fewer'}`
    // Nothing was promised, and the exit code does not count it.
    return contract === 'none' ? `${found} (contract none)` : found
  }
  if (end === 'complete') return 'complete'
  const bound = end === 'time' ? `${milliseconds / 1000} s` : `${stateCount.toLocaleString('en-US')} states`
  const left =
    untried === null
      ? ''
      : `; ${untried.steps.toLocaleString('en-US')} steps not followed, from depth ${untried.fromDepth} on`
  return `bounded: ${bound}${left}`
}

function render(rows: readonly ExploreRow[], format: Format): string {
  const [first] = rows
  const isReplay = rows.length === 1 && first.answer.status === 'replayed'
  if (format === 'json') return `${JSON.stringify(rows, null, 2)}\n`
  if (isReplay && first.answer.status === 'replayed') return scheduleTable(first.answer.steps)
  const lines = rows.map(lineOf)
  return format === 'csv' ? coverageCsv(lines) : coverageTable(lines)
}

function explain(row: ExploreRow, options: ExploreOptions): string {
  const { job, answer } = row
  const head = `\n${job.strategy} ${job.case.name}: `
  if (answer.status === 'failed') return `${head}${answer.message}\n`
  if (answer.status === 'replayed') {
    const text = answer.finding?.message ?? answer.remark
    return text === '' ? '' : `${head}${text}\n`
  }
  const { finding, steps, schedule } = answer.exploration
  if (finding === null) return ''
  const command = exploreCommandFor(job, options, schedule)
  return `${head}${finding.invariant}: ${finding.message}\n${scheduleTable(steps)}reproduce: ${command}\n`
}
