#!/usr/bin/env node
import { Command } from 'commander'
import { EXPLORATIONS } from '../bench/explorations.js'
import { EXACT, WALL_CLOCK } from '../bench/gate.js'
import { MATRIX } from '../bench/matrix.js'
import { gateCommand } from '../src/gate/gateCommand.js'
import { benchCommand } from '../src/harness/benchCommand.js'
import { runCli } from '../src/harness/cli.js'
import { exploreCommand } from '../src/harness/explore/exploreCommand.js'
import { reportCommand } from '../src/harness/reportCommand.js'
import { conformCommand } from '../src/testing/conformCommand.js'
import { stressCommand } from '../src/testing/stressCommand.js'

const argv = process.argv.slice(2)
const program = new Command('shootdown')
  .description(
    'Compare TLB shootdown strategies on real threads and in virtual time, with proof that each run is safe.',
  )
  .addCommand(benchCommand(MATRIX, argv.slice(1)))
  .addCommand(gateCommand({ exact: EXACT, wallClock: WALL_CLOCK }))
  .addCommand(exploreCommand(EXPLORATIONS))
  .addCommand(conformCommand())
  .addCommand(stressCommand())
  .addCommand(reportCommand())
await runCli(program, argv)
