import { Command } from 'commander'
import { parseSeed } from '../harness/benchOptions.js'
import { strayArgument } from '../harness/cli.js'
import { EXIT_FAILED, EXIT_PASS } from '../harness/exitCodes.js'
import { unknownName } from '../harness/spec.js'
import { CHECKS, type Check } from './checks.js'
import { conform, conformOn } from './conform.js'
import { parseCount } from './options.js'
import { describeFailure } from './report.js'
import { describeVerdict } from './verdictLine.js'
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
const SHRINK_MS = 20_000
const MAX_TAPES = 10_000_000
/** With `--tape`, on real threads: the same work meets in other ways each time. */
const REPEATS_ON_THREADS = 20

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
      if (command.args.length > 0) throw strayArgument(command.args[0])
      process.exitCode = await act(options)
    })
}

async function act(options: ConformOptions): Promise<number> {
  const checks = checksOf(options.check)
  const subjects = await loadSubjects(options.strategy ?? 'all')
  const script = options.tape === undefined ? undefined : scriptOf(options.tape)
  const tapes = parseCount('--tapes', options.tapes, DEFAULT_TAPES, MAX_TAPES)
  const seed = options.seed === undefined ? 1 : parseSeed(options.seed)
  let exitCode: number = EXIT_PASS
  for (const subject of subjects) {
    for (const check of checks) {
      const verdict =
        script === undefined
          ? await conform(subject, { check, tapes, seed, shrinkMs: SHRINK_MS })
          : await conformOn(subject, check, script, check.usesThreads ? REPEATS_ON_THREADS : 1)
      process.stdout.write(describeVerdict(subject.spec, check, verdict))
      if (verdict.failure === null) continue
      exitCode = EXIT_FAILED
      process.stderr.write(`\n${describeFailure(verdict.failure)}\n`)
    }
  }
  return exitCode
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
