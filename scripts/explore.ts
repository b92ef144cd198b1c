import { EXPLORATIONS } from '../bench/explorations.js'
import { runCli } from '../src/harness/cli.js'
import { exploreCommand } from '../src/harness/explore/exploreCommand.js'

const argv = process.argv.slice(2)
await runCli(exploreCommand(EXPLORATIONS).name('npm run explore --'), argv)
