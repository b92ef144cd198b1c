import { Command } from 'commander'
import { strayArgument } from '../harness/cli.js'
import type { GateDeclarations } from './declarations.js'
import type { GateOptions } from './gateOptions.js'

/** The command line of `gate`. Loads what it runs only then. */
export function gateCommand(declarations: GateDeclarations): Command {
  const collected = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value]
  return new Command('gate')
    .description(
      'Find what became slower: figures in virtual time against the committed baseline, or, with --against, ' +
        'real threads and the hot paths of the harness against another commit.',
    )
    .option('--update', 'rewrite the baseline with the figures of this tree')
    .option('--tolerance <metric=percent>', 'how much worse a metric may be; may be repeated', collected)
    .option('--baseline <dir>', 'where the baseline is (default results/baseline)')
    .option('--against <commit>', 'build this commit and measure it beside the working tree')
    .option('--budget <time>', 'time for all of it, such as 90s, 5m, 1h (default 5m; --self-test: 2m a part)')
    .option(
      '--cells <regex>',
      'only cells whose name matches: engine/strategy/workload/cpus, suite/SUITE/SIDE',
    )
    .option('--seed <n>', 'order of processes, builds and rounds (default: another one every time)')
    .option('--self-test', 'inject slowdowns: does the gate go red, and stay green without?')
    .option('--certify', 'repeat gate runs on builds of known difference; goes on where it was stopped')
    .option('--runs <n>', 'gate runs of each difference for --certify (default 299)')
    .option('--out <dir>', 'folder of the verdict; must be new or empty (default results/gate/TIME-TIER)')
    .option('--format <format>', 'table, json or csv on stdout (default table)')
    .action(async (options: GateOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command)
      const { runGate } = await import('./runGate.js')
      process.exitCode = await runGate(options, declarations)
    })
}
