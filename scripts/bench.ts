import { MATRIX } from '../bench/matrix.js'
import { benchCommand } from '../src/harness/benchCommand.js'
import { runCli } from '../src/harness/cli.js'

const argv = process.argv.slice(2)
await runCli(benchCommand(MATRIX, argv).name('npm run bench --'), argv)
