import { runCli } from '../src/harness/cli.js'
import { stressCommand } from '../src/testing/stressCommand.js'

await runCli(stressCommand().name('npm run stress --'), process.argv.slice(2))
