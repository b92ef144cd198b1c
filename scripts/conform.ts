import { runCli } from '../src/harness/cli.js'
import { conformCommand } from '../src/testing/conformCommand.js'

await runCli(conformCommand().name('npm run conform --'), process.argv.slice(2))
