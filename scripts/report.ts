import { runCli } from '../src/harness/cli.js'
import { reportCommand } from '../src/harness/reportCommand.js'

await runCli(reportCommand().name('npm run report --'), process.argv.slice(2))
