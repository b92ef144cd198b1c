import type { Cell } from './cells.js'
import { shellWord } from './quote.js'

/** What of the command line decides a cell's behaviour beside the cell itself, as typed. */
export interface ReproductionContext {
  seed: number
  /** The name or file that was given, or null for the default one. */
  profile: string | null
  profileSets: readonly string[]
  /** The `fault` column; empty where there is none. */
  fault: string
}

/** Said below a command that does the same work in another interleaving. A line of its own: the command is pasted. */
export const NEEDS_LUCK = '(real threads: repeat until it shows)'

/** The command that runs one cell again and nothing else. Pasted into a shell in the same folder, it does the same work. */
export function reproduceCommand(cell: Cell, context: ReproductionContext): string {
  const [strategy, workload] = [specText(cell, 'strategy'), specText(cell, 'workload')]
  const words = ['--engine', cell.engine, '--strategy', strategy, '--workload', workload]
  words.push('--cpus', String(cell.cpus), '--seed', String(context.seed))
  if (context.profile !== null) words.push('--profile', context.profile)
  for (const set of context.profileSets) words.push('--profile-set', set)
  if (context.fault !== '') words.push('--fault', context.fault)
  words.push('--repetitions', '1')
  return `npm run bench -- ${words.map(shellWord).join(' ')}`
}

/** With the parameters that are not defaults: those that `--quick` chose are spelt out, since it is not repeated here. */
function specText(cell: Cell, owner: 'strategy' | 'workload'): string {
  const mine = cell.params.split(';').filter((entry) => entry.startsWith(`${owner}.`))
  const parameters = mine.map((entry) => entry.slice(owner.length + 1)).join(';')
  const name = cell[owner].name
  return parameters === '' ? name : `${name}:${parameters}`
}
