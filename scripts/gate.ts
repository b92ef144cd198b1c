import { EXACT, WALL_CLOCK } from '../bench/gate.js'
import { gateCommand } from '../src/gate/gateCommand.js'
import { runCli } from '../src/harness/cli.js'

await runCli(
  gateCommand({ exact: EXACT, wallClock: WALL_CLOCK }).name('npm run gate --'),
  process.argv.slice(2),
)
