import { Command } from 'commander'
import { strayArgument } from '../harness/cli.js'
import {
  EXIT_FAILED,
  EXIT_INCONCLUSIVE,
  EXIT_INTERRUPTED,
  EXIT_PASS,
  EXIT_REGRESSION,
} from '../harness/exitCodes.js'
import type { ExactDeclaration } from './exactGate.js'
import type { ExactOptions } from './exactOptions.js'
import type { Outcome } from './verdict.js'

export interface GateDeclarations {
  exact: ExactDeclaration
}

const EXIT_CODES: Record<Outcome, number> = {
  pass: EXIT_PASS,
  regression: EXIT_REGRESSION,
  inconclusive: EXIT_INCONCLUSIVE,
  outdated: EXIT_INCONCLUSIVE,
  violation: EXIT_FAILED,
}

/** The command line of `gate`. Loads what it runs only then. */
export function gateCommand(declarations: GateDeclarations): Command {
  const collected = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value]
  return new Command('gate')
    .description('Hold the figures in virtual time against the baseline that is committed.')
    .option('--update', 'rewrite the baseline with the figures of this tree')
    .option('--cells <regex>', 'only cells whose engine/strategy/workload/cpus matches')
    .option('--tolerance <metric=percent>', 'how much worse a metric may be; may be repeated', collected)
    .option('--baseline <dir>', 'where the baseline is (default results/baseline)')
    .action(async (options: ExactOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command)
      process.exitCode = await act(options, declarations)
    })
}

async function act(options: ExactOptions, declarations: GateDeclarations): Promise<number> {
  const [{ runExactGate }, { plainText }, { terminalOf }, { stopSignal }] = await Promise.all([
    import('./exactGate.js'),
    import('./plainText.js'),
    import('../harness/progress.js'),
    import('../harness/stopSignals.js'),
  ])
  const signal = stopSignal()
  try {
    const verdict = await runExactGate(options, declarations.exact, signal, terminalOf(process))
    process.stdout.write(plainText(verdict))
    return EXIT_CODES[verdict.outcome]
  } catch (error) {
    if (!signal.aborted) throw error
    process.stderr.write('interrupted: nothing was compared, and nothing written\n')
    return EXIT_INTERRUPTED
  }
}
