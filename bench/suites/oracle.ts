import { fileURLToPath } from 'node:url'
import type { CellPlan } from '../../src/engines/cellWords.js'
import { Coordinator } from '../../src/engines/threads/coordinator.js'
import { PHASE_PASS, PHASE_SETUP } from '../../src/engines/threads/protocol.js'
import storm from '../../src/workloads/munmap-storm.js'
import { planOf, randomBelow } from './cell.js'
import { compare } from './compare.js'
import type { Side, SuiteRun } from './suite.js'
import { hitPlan, hitSample } from './tlbHit.js'

/** Pages of a run, as in the suite tlb-hit. */
const HIT_PAGES = 64
const STORM_OPS = 200
type Oracle = 'off' | 'local' | 'full'
const WATCHDOG_MS = 10_000
const STRATEGY_FILE = fileURLToPath(new URL('../../src/strategies/immediate.js', import.meta.url))

const run: SuiteRun = async (name, budgetMs) => {
  const coordinators: Coordinator[] = []
  const start = async (oracle: Oracle) => {
    const coordinator = new Coordinator(
      {
        plan: stormPlan(oracle),
        strategyFile: STRATEGY_FILE,
        isOversubscribed: false,
        watchdogMs: WATCHDOG_MS,
      },
      randomBelow(),
    )
    coordinators.push(coordinator)
    await coordinator.start()
    await coordinator.run(PHASE_SETUP)
    return coordinator
  }
  try {
    // All pairs of workers exist all the time; those whose turn it is not are asleep.
    const sides = sidesOf(await start('off'), await start('local'), await start('full'))
    return await compare(name, sides, budgetMs)
  } finally {
    for (const coordinator of coordinators) await coordinator.stop()
  }
}

/** An unmap of one page that the other CPU has touched too, so one round of `immediate`. */
function stormPlan(oracle: Oracle): CellPlan {
  const parameters = { pages: 1, ops: STORM_OPS, pauseNs: 0, readerPages: 32, readerWorkNs: 0 }
  return planOf(storm.write, {
    cpus: 2,
    initiators: 1,
    readers: 1,
    parameters,
    isOracleFull: oracle === 'full',
    isOracleOff: oracle === 'off',
  })
}

function sidesOf(off: Coordinator, local: Coordinator, full: Coordinator): Side[] {
  const unmap = (coordinator: Coordinator) => async () => {
    const [{ cpu }] = await coordinator.run(PHASE_PASS)
    return { ns: cpu.opsNs.reduce((sum, ns) => sum + ns, 0), operations: cpu.opsNs.length }
  }
  return [
    {
      name: 'hit, local',
      operation: 'access that hits the first level',
      isAsync: false,
      sample: hitSample(hitPlan(HIT_PAGES, false)),
    },
    {
      name: 'hit, full',
      operation: 'access that hits the first level',
      against: 'hit, local',
      isAsync: false,
      sample: hitSample(hitPlan(HIT_PAGES, true)),
    },
    {
      name: 'unmap, off',
      operation: 'munmap of one page, 2 CPUs',
      isAsync: true,
      sample: unmap(off),
    },
    {
      name: 'unmap, local',
      operation: 'munmap of one page, 2 CPUs',
      against: 'unmap, off',
      target: { kind: 'ratio', most: 1.5 },
      isAsync: true,
      sample: unmap(local),
    },
    {
      name: 'unmap, full',
      operation: 'munmap of one page, 2 CPUs',
      against: 'unmap, local',
      isAsync: true,
      sample: unmap(full),
    },
  ]
}

export default run
