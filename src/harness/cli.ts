import { Command, CommanderError } from 'commander'
import { UsageError } from '../contract/usageError.js'
import { Incomparable } from '../report/incomparable.js'
import { EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_PASS, EXIT_USAGE } from './exitCodes.js'
import { meant, nearestFirst } from './nearest.js'
import { asTyped, firstLine } from './quote.js'

/** An error never has more lines than this. */
const ERROR_LINES = 4

/**
 * Runs a program of subcommands, or one command on its own, and sets the process's exit code.
 *
 * Commander words, counts and places its messages in ways of its own; here every error has the form of a UsageError:
 * the thing, the reason, the known names, the remedy. Nothing on stdout, exit code 2.
 */
export async function runCli(program: Command, argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) is no error; the run folder has everything.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showSuggestionAfterError(false)
      .configureOutput({ writeErr: () => {} })
    command.helpCommand(false).allowExcessArguments(true)
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    process.exitCode = report(error, program, argv)
  }
}

function report(error: unknown, program: Command, argv: readonly string[]): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_PASS
    return report(usageErrorOf(error, program, argv), program, argv)
  }
  if (process.env['SHOOTDOWN_DEBUG']) console.error(error)
  else if (error instanceof UsageError || error instanceof Incomparable) printError(error.message)
  // The disk is full, or the like: written for the reader, and nothing that one could have typed otherwise.
  else if (error instanceof Error && error.name === 'RecordWriteError') printError(error.message)
  else printError(`unexpected: ${firstLine(error)} (SHOOTDOWN_DEBUG=1 shows where)`)
  if (error instanceof Incomparable) return EXIT_INCONCLUSIVE
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED
}

function printError(message: string): void {
  const lines = message.split('\n').slice(0, ERROR_LINES)
  // Names of files and columns can hold anything; control characters must not reach the terminal.
  const clean = lines.map((line) => asTyped(line, Infinity).slice(1, -1))
  process.stderr.write(`error: ${clean.join('\n')}\n`)
}

/** Arguments that belong to no option, mostly because npm has taken the option away. */
export function strayArgument(command: Command): UsageError {
  const reason =
    'options begin with --, and npm takes them for its own unless a -- of their own stands before them'
  return new UsageError(
    `unexpected argument ${asTyped(command.args[0])}`,
    reason,
    [],
    `for example: ${[command.parent?.name(), command.name(), '--help'].filter(Boolean).join(' ')}`,
  )
}

function usageErrorOf(error: CommanderError, program: Command, argv: readonly string[]): UsageError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  const command = program.commands.find((sub) => sub.name() === argv[0]) ?? program
  const help = `see ${[program.name(), ...(command === program ? [] : [command.name()])].join(' ')} --help`
  switch (error.code) {
    case 'commander.unknownOption': {
      const known = command.options.map((option) => option.long ?? option.flags)
      const [name] = quoted.split('=')
      if (known.includes(name))
        return new UsageError(`option ${asTyped(quoted)}`, 'it takes no value', [], `write ${name}`)
      return new UsageError(
        `unknown option ${asTyped(quoted)}`,
        '',
        nearestFirst(name, known),
        meant(name, known, help),
      )
    }
    case 'commander.unknownCommand': {
      const known = program.commands.map((sub) => sub.name())
      return new UsageError(
        `unknown command ${asTyped(quoted)}`,
        '',
        nearestFirst(quoted, known),
        meant(quoted, known, help),
      )
    }
    case 'commander.optionMissingArgument':
      return new UsageError(`option ${asTyped(quoted)}`, 'its value is missing', [], help)
    case 'commander.help':
      return new UsageError(
        program.name(),
        'no command is given',
        program.commands.map((sub) => sub.name()),
        help,
      )
    default:
      return new UsageError(program.name(), firstLine(error).replace(/^error: /, ''), [], help)
  }
}
