import { Command } from 'commander'
import type { BenchOptions } from './benchOptions.js'
import { strayArgument } from './cli.js'
import type { BenchDefaults } from './defaults.js'
import type { Isolation } from './isolation.js'
import type { BenchIo } from './run.js'

/**
 * The command line of `bench`. Loads what it runs only then: `--help` and `--list` answer at once.
 * @param argv as typed, for run.json
 * @param isolation of tests, which put a child of their own in the place of the real one
 */
export function benchCommand(
  defaults: BenchDefaults,
  argv: readonly string[],
  isolation?: Isolation,
): Command {
  // A list given in two options is one list; commander alone would drop the first without a word.
  const joined = (value: string, before: string | undefined): string =>
    before === undefined ? value : `${before},${value}`
  const collected = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value]
  return new Command('bench')
    .description('Measure flush strategies on workloads, on real threads and in virtual time.')
    .option('--engine <list>', `sim, threads (default ${defaults.engines})`, joined)
    .option(
      '--strategy <list>',
      `names or files, such as batched:ceiling=64,./mine.js; all (default ${defaults.strategies})`,
      joined,
    )
    .option(
      '--workload <list>',
      "names or files, such as 'munmap-storm:pages=4;readers=2'; all (default: the matrix)",
      joined,
    )
    .option('--cpus <list>', 'CPU counts, such as 2,4,8', joined)
    .option(
      '--fault <list>',
      "what goes wrong on purpose, such as 'delay-interrupt:maxNs=5000;percent=10' (see --list faults)",
      joined,
    )
    .option(
      '--skip <list>',
      'rules by which a change needs no flush: gained (default), untouched, none',
      joined,
    )
    .option('--profile <name|file>', `hardware profile (default ${defaults.profile})`)
    .option('--profile-set <key=value>', 'change one value of the profile; may be repeated', collected)
    .option('--seed <n>', `seed of tapes and order (default ${defaults.seed})`)
    .option(
      '--repetitions <n>',
      `measured repetitions of a cell (default sim ${defaults.repetitions.sim}, threads ${defaults.repetitions.threads})`,
    )
    .option('--out <dir>', 'run folder; must be new or empty (default results/runs/TIME-LABEL)')
    .option('--label <text>', `part of the run's name (default ${defaults.label})`)
    .option('--filter <regex>', 'only cells whose engine/strategy/workload/cpus matches')
    .option('--quick', 'a small matrix, one measured repetition, fewer ops')
    .option('--shard <i/n>', 'only part I of N of the matrix; auto: as Slurm or the CI system says')
    .option('--list [what]', 'show strategies, workloads, profiles or faults, and measure nothing')
    .option('--resume <dir>', 'go on with a run that was stopped')
    .option('--format <format>', 'table, json or csv on stdout (default table)')
    .action(async (options: BenchOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command)
      process.exitCode = await act(options, defaults, argv, isolation)
    })
}

async function act(
  options: BenchOptions,
  defaults: BenchDefaults,
  argv: readonly string[],
  isolation: Isolation | undefined,
): Promise<number> {
  const { parseFormat } = await import('../report/formats.js')
  const format = parseFormat(options.format ?? 'table')
  if (options.list !== undefined) {
    const { listText } = await import('./list.js')
    process.stdout.write(await listText(options.list, format))
    return 0
  }
  const [{ runBench }, { colourWanted }, { terminalOf }] = await Promise.all([
    import('./bench.js'),
    import('../report/colour.js'),
    import('./progress.js'),
  ])
  const { stdout, stderr, env } = process
  const io: BenchIo = {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    terminal: terminalOf(process),
    colour: colourWanted(stdout, env),
    argv,
  }
  return runBench(options, defaults, io, isolation)
}
