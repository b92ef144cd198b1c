import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../../contract/usageError.js'
import { strayArgument } from '../../harness/cli.js'
import { EXIT_FAILED, EXIT_PASS } from '../../harness/exitCodes.js'
import { asTyped } from '../../harness/quote.js'
import { writeWhole } from '../../records/writeFile.js'
import { digestOf, runCampaign, type MutantResult } from './campaign.js'
import { mutationDocs, summaryOf, unexplained } from './mutationDocs.js'
import { readReasons } from './reasons.js'
import { readResults } from './resultFile.js'
import { strategyFiles, strategyNames, type StrategyFile } from './strategyFiles.js'
import type { LadderPlan } from './tryMutant.js'

interface MutateOptions {
  readonly filter?: string
  readonly resume?: boolean
  readonly list?: boolean
  readonly report?: boolean
}

/** The command line of `mutate`. */
export function mutateCommand(packageRoot: string, plan: LadderPlan): Command {
  return new Command('mutate')
    .description('Change each operation of the shipped strategies in turn, and see what notices.')
    .option('--filter <regex>', 'mutants whose key matches: file, function, kind, texts')
    .option('--resume', 'keep what results/mutation.jsonl says was caught; survivors are tried again')
    .option('--report', 'write docs/mutation.md from results/mutation.jsonl again, and run nothing')
    .option('--list', 'show the keys of the mutants, and run nothing')
    .action(async (options: MutateOptions, command: Command) => {
      if (command.args.length > 0) throw strayArgument(command)
      process.exitCode = await act(packageRoot, plan, options)
    })
}

async function act(packageRoot: string, plan: LadderPlan, options: MutateOptions): Promise<number> {
  const folder = join(packageRoot, 'dist', 'src', 'strategies')
  const all = strategyFiles(folder, strategyNames(folder))
  const chosen = choose(all, options.filter)
  if (options.list === true) {
    for (const { mutants } of chosen) for (const { key } of mutants) process.stdout.write(`${key}\n`)
    return EXIT_PASS
  }
  const path = join(packageRoot, 'results', 'mutation.jsonl')
  mkdirSync(dirname(path), { recursive: true })
  if (options.resume !== true && options.report !== true) rmSync(path, { force: true })
  const results = readResults(path)
  if (options.report === true) return report(packageRoot, plan, chosen, results, options.filter === undefined)
  const isCaught = (key: string, digest: string): boolean => {
    const known = results.get(key)
    return known?.digest === digest && known.caught !== null
  }
  const open = chosen.map((file) => ({
    ...file,
    mutants: file.mutants.filter((mutant) => !isCaught(mutant.key, digestOf(mutant))),
  }))
  let left = open.reduce((sum, { mutants }) => sum + mutants.length, 0)
  await runCampaign(packageRoot, plan, open, availableParallelism(), (result, { file, line, kind }) => {
    results.set(result.key, result)
    appendFileSync(path, `${JSON.stringify(result)}\n`)
    left--
    const { caught } = result
    const outcome = caught === null ? 'SURVIVES' : `${caught.rung}: ${caught.what}`
    process.stderr.write(`${file}:${line} ${kind}: ${outcome}; ${left} left\n`)
  })
  return report(packageRoot, plan, chosen, results, options.filter === undefined)
}

function choose(files: readonly StrategyFile[], filter: string | undefined): StrategyFile[] {
  if (filter === undefined) return [...files]
  let pattern: RegExp
  try {
    pattern = new RegExp(filter)
  } catch (error) {
    throw new UsageError(
      `--filter ${asTyped(filter)}`,
      (error as Error).message,
      [],
      'give a regular expression',
    )
  }
  const chosen = files.map((file) => ({
    ...file,
    mutants: file.mutants.filter(({ key }) => pattern.test(key)),
  }))
  if (chosen.every(({ mutants }) => mutants.length === 0))
    throw new UsageError(`--filter ${asTyped(filter)}`, 'no mutant matches', [], '--list shows the keys')
  return chosen
}

/** Fails where a survivor has no reason: somebody has to look at it. */
function report(
  packageRoot: string,
  plan: LadderPlan,
  files: readonly StrategyFile[],
  results: ReadonlyMap<string, MutantResult>,
  isWhole: boolean,
): number {
  const reasons = readReasons(packageRoot)
  if (isWhole)
    writeWhole(join(packageRoot, 'docs', 'mutation.md'), mutationDocs(plan, files, results, reasons))
  process.stdout.write(summaryOf(files, results, reasons))
  const open = unexplained(files, results, reasons)
  for (const key of open) process.stderr.write(`no reason for: ${key}\n`)
  return open.length === 0 ? EXIT_PASS : EXIT_FAILED
}
