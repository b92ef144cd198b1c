import { runSim } from '../../src/engines/sim/engine.js'
import storm from '../../src/workloads/munmap-storm.js'
import { planOf, randomBelow } from './cell.js'
import type { Memory } from './suite.js'

/** A fresh process that runs one cell and tells what memory it took. Started by {@link file://./simMemory.ts}. */

process.on('disconnect', () => process.exit(1))
const cpus = Number(process.argv[2])
const bare = process.memoryUsage.rss()
const parameters = Object.fromEntries(
  Object.entries(storm.parameters).map(([name, { default: value }]) => [name, value]),
)
const plan = planOf(storm.write, { cpus, initiators: 1, readers: cpus - 1, parameters, profileSets: [] })
runSim({ plan, random: randomBelow(), warmupPasses: 1, mayRepeatPasses: true })
const memory: Memory = { bare: bare / 1e6, peak: (process.resourceUsage().maxRSS * 1024) / 1e6 }
process.send?.(memory, () => process.exit(0))
