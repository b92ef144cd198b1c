import { join } from 'node:path'
import { EXPLORATIONS } from '../bench/explorations.js'
import { runCli } from '../src/harness/cli.js'
import { mutateCommand } from '../src/testing/mutation/mutateCommand.js'

const { cases, profile } = EXPLORATIONS
// The cases that the shipped strategies complete soonest first: most mutants go no further.
const FIRST = ['ticks', 'switch', 'guest', 'wrap', 'remap', 'protect', 'three-cpus', 'spurious', 'pool-1']
const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
const plan = {
  cases: [...cases].sort((a, b) => rank(a.name) - rank(b.name)),
  profile,
  stateCount: 20_000,
  longerStateCount: 100_000,
}
const root = join(import.meta.dirname, '..', '..')
await runCli(mutateCommand(root, plan).name('npm run mutate --'), process.argv.slice(2))
