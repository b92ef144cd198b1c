import { randomOf } from '../../src/harness/random.js'
import { compare } from './compare.js'
import type { SideRow } from './suite.js'
import { SUITES } from './suites.js'

/** Entry of the child process that runs one suite. Started by {@link file://./runSuites.ts}. */

/** What the child answers, once. */
export type Answer = { rows: SideRow[] } | { error: string }

// Without a parent nobody is left to answer to.
process.on('disconnect', () => process.exit(1))
const [name, budgetMs, turn] = process.argv.slice(2)
const answer = await run().catch((error: unknown): Answer => ({
  error: error instanceof Error ? error.message : String(error),
}))
process.send?.(answer, () => process.exit(0))

async function run(): Promise<Answer> {
  const file = SUITES.get(name)
  if (file === undefined) throw new Error(`there is no suite ${name}`)
  if (!file.isTimed) return { rows: await (await file.load()).default(name) }
  const { default: suite } = await file.load()
  const random = randomOf(Number(turn), 0)
  return { rows: await suite((sides) => compare(name, sides, Number(budgetMs), random)) }
}
