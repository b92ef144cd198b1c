import { availableParallelism } from 'node:os'
import { Command } from 'commander'
import { parseSeed } from '../harness/benchOptions.js'
import { strayArgument } from '../harness/cli.js'
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PASS } from '../harness/exitCodes.js'
import { stopSignal } from '../harness/stopSignals.js'
import { parseCount, parseMinutes } from './options.js'
import { describeFailure } from './report.js'
import { MAX_SCRIPT_CPUS } from './script.js'
import { scriptOf } from './scriptOf.js'
import { stress, type StressTotals } from './stress.js'
import { loadSubjects } from './subject.js'

interface StressOptions {
  strategy?: string
  minutes?: string
  seed?: string
  cpus?: string
  tape?: string
}

const DEFAULT_MS = 5000
/** Waiting for a core changes who meets whom. */
const CPUS_PER_CORE = 2

/** The command line of `npm run stress`. */
export function stressCommand(): Command {
  return new Command('stress')
    .description('Random tapes on real workers, with pauses and more CPUs than cores, watched by the oracle.')
    .option('--strategy <list>', 'names or files, such as batched:ceiling=64,./mine.js; all (default all)')
    .option('--minutes <n>', `how long, such as 10 or 0.5 (default ${DEFAULT_MS / 1000} seconds)`)
    .option('--seed <n>', 'seed of the first tape; each further one has the next (default 1)')
    .option('--cpus <n>', `CPUs of every tape (default drawn, up to ${CPUS_PER_CORE} for each core)`)
    .option('--tape <seed|text>', 'this tape again and again, as a failure prints it')
    .action(async (options: StressOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command)
      process.exitCode = await act(options)
    })
}

async function act(options: StressOptions): Promise<number> {
  const { strategy, minutes, seed, cpus, tape } = options
  const forMs = minutes === undefined ? DEFAULT_MS : parseMinutes('--minutes', minutes)
  let failures = 0
  const signal = stopSignal()
  const plan = {
    subjects: await loadSubjects(strategy ?? 'all'),
    seed: seed === undefined ? 1 : parseSeed(seed),
    cpus: cpus === undefined ? undefined : parseCount('--cpus', cpus, 1, MAX_SCRIPT_CPUS),
    maxCpus: Math.min(MAX_SCRIPT_CPUS, Math.max(3, CPUS_PER_CORE * availableParallelism())),
    forMs,
    script: tape === undefined ? undefined : scriptOf(tape),
    signal,
  }
  const startMs = performance.now()
  const totals = await stress(plan, (failure) => {
    failures++
    process.stderr.write(`\n${describeFailure(failure)}\n`)
  })
  process.stdout.write(summaryOf(totals, performance.now() - startMs))
  if (signal.aborted) {
    process.stderr.write('interrupted: the tape that was running is not counted\n')
    return EXIT_INTERRUPTED
  }
  return failures === 0 ? EXIT_PASS : EXIT_FAILED
}

function summaryOf(totals: StressTotals, elapsedMs: number): string {
  const counts = Object.entries(totals).map(([name, count]) => `${count} ${name}`)
  return `${(elapsedMs / 1000).toFixed(1)} s: ${counts.join(', ')}\n`
}
