import type { CellPlan } from '../../src/engines/cellWords.js'
import { Schedule } from '../../src/engines/sim/schedule.js'
import { COUNT_INTERRUPTS_TAKEN } from '../../src/machine/counters.js'
import { sink } from './bareTape.js'
import { planOf, type CellOptions } from './cell.js'
import { countOf, SIM_CPUS, simOf } from './simCell.js'
import { clockNs, mustBe, type Side, type Suite } from './suite.js'

const PAGES = 16
const PAIRS = 8
/** Giving permissions back costs no interrupt, taking them away a round for each page. */
export const INTERRUPTS = PAIRS * PAGES * (SIM_CPUS - 1)

/** One initiator; all others stand by, so that nothing but interrupts is left to simulate. */
export function interruptPlan(also: Partial<CellOptions>): CellPlan {
  return planOf(
    (plan) => {
      const tape = plan.tape(0)
      const region = plan.handle()
      tape.map(region, PAGES, { writable: true })
      tape.write(region, 0, PAGES)
      tape.body()
      tape.loop(PAIRS, () => {
        tape.protect(region, 0, PAGES, false)
        tape.protect(region, 0, PAGES, true)
      })
    },
    { cpus: SIM_CPUS, initiators: 1, readers: 0, ...also },
  )
}

const suite: Suite = (use) => {
  const { machine, simRun } = simOf(interruptPlan({}))
  const sides: Side[] = [
    {
      name: 'schedule alone',
      operation: 'a time when it is sent, one when it is taken',
      isAsync: false,
      sample() {
        const schedule = new Schedule(SIM_CPUS)
        let now = 0
        const start = clockNs()
        for (let taken = 0; taken < INTERRUPTS; taken += SIM_CPUS - 1) {
          for (let cpu = 1; cpu < SIM_CPUS; cpu++) schedule.set(cpu, ++now)
          for (let cpu = 1; cpu < SIM_CPUS; cpu++) schedule.set(schedule.next, Infinity)
        }
        sink.value += schedule.next
        return { ns: clockNs() - start, operations: INTERRUPTS }
      },
    },
    {
      name: 'interrupt',
      operation: `interrupt of an immediate round, sent and handled, ${SIM_CPUS} CPUs`,
      against: 'schedule alone',
      target: { kind: 'rate', least: 2e6 },
      isAsync: false,
      sample() {
        const before = countOf(machine, COUNT_INTERRUPTS_TAKEN)
        const start = clockNs()
        simRun.runPass()
        const ns = clockNs() - start
        mustBe('interrupts taken', countOf(machine, COUNT_INTERRUPTS_TAKEN) - before, INTERRUPTS)
        return { ns, operations: INTERRUPTS }
      },
    },
  ]
  return use(sides)
}

export default suite
