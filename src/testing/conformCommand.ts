import { Command } from 'commander'
import { parseSeed } from '../harness/benchOptions.js'
import { strayArgument } from '../harness/cli.js'
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PASS } from '../harness/exitCodes.js'
import { unknownName } from '../harness/spec.js'
import { stopSignal } from '../harness/stopSignals.js'
import { CHECKS, type Check } from './checks.js'
import { runConform } from './conformRun.js'
import type { ConformWork } from './conformWork.js'
import { parseCount } from './options.js'
import { describeFailure } from './report.js'
import { describeUnfinished, describeVerdict } from './verdictLine.js'
import { scriptOf } from './scriptOf.js'
import { loadSubjects } from './subject.js'

interface ConformOptions {
  strategy?: string
  check?: string
  tapes?: string
  seed?: string
  tape?: string
}

const DEFAULT_TAPES = 100
const MAX_TAPES = 10_000_000

/** The command line of `npm run conform`. */
export function conformCommand(): Command {
  return new Command('conform')
    .description('Put strategies to the test: random tapes, under every condition that a strategy must bear.')
    .option('--strategy <list>', 'names or files, such as batched:ceiling=64,./mine.js; all (default all)')
    .option('--check <list>', `${CHECKS.map(({ name }) => name).join(', ')} (default all of them)`)
    .option('--tapes <n>', `random tapes for each strategy (default ${DEFAULT_TAPES})`)
    .option('--seed <n>', 'seed of the first tape; each further one has the next (default 1)')
    .option('--tape <seed|text>', 'this tape only, as a failure prints it')
    .action(async (options: ConformOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command)
      process.exitCode = await act(options)
    })
}

async function act(options: ConformOptions): Promise<number> {
  const checks = checksOf(options.check)
  const strategies = options.strategy ?? 'all'
  const subjects = await loadSubjects(strategies)
  if (options.tape !== undefined) scriptOf(options.tape)
  const work: ConformWork = {
    strategies,
    checks: checks.map(({ name }) => name),
    tapes: parseCount('--tapes', options.tapes, DEFAULT_TAPES, MAX_TAPES),
    seed: options.seed === undefined ? 1 : parseSeed(options.seed),
    tape: options.tape ?? null,
  }
  const signal = stopSignal()
  let exitCode: number = EXIT_PASS
  let left = subjects.length * checks.length
  const unfinished = await runConform(work, signal, ({ strategy, check }, verdict) => {
    left--
    process.stdout.write(describeVerdict(strategy, check, verdict))
    if (verdict.failure === null) return
    exitCode = EXIT_FAILED
    process.stderr.write(`\n${describeFailure(verdict.failure)}\n`)
  })
  if (!signal.aborted) return exitCode
  process.stderr.write(`interrupted: ${left} of ${subjects.length * checks.length} checks are missing`)
  process.stderr.write(unfinished === null ? '\n' : `; ${describeUnfinished(unfinished)}\n`)
  return EXIT_INTERRUPTED
}

function checksOf(text: string | undefined): readonly Check[] {
  if (text === undefined) return CHECKS
  return text.split(',').map((typed) => {
    const check = CHECKS.find(({ name }) => name === typed.trim())
    if (check === undefined)
      throw unknownName(
        `--check ${text}`,
        'check',
        typed,
        CHECKS.map(({ name }) => name),
      )
    return check
  })
}
