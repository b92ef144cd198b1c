import { suitesCommand } from '../bench/suites/suitesCommand.js'
import { runCli } from '../src/harness/cli.js'

const argv = process.argv.slice(2)
await runCli(suitesCommand().name('npm run bench:suites --'), argv)
