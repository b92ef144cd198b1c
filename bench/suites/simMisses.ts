import type { CellPlan } from '../../src/engines/cellWords.js'
import { COUNT_TLB_MISSES } from '../../src/machine/counters.js'
import { Schedule } from '../../src/engines/sim/schedule.js'
import { planOf } from './cell.js'
import { countOf, SIM_CPUS, simOf } from './simCell.js'
import { sink } from './bareTape.js'
import { clockNs, mustBe, type Side, type Suite } from './suite.js'

/** More than fits: pages that all fall into one set of 16 ways of the second level, whose sets are 128. */
const PAGES = 32
const STRIDE = 128
const LAPS = 8
const MISSES = SIM_CPUS * PAGES * LAPS

function missPlan(): CellPlan {
  return planOf(
    (plan) => {
      for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
        const tape = plan.tape(cpu)
        const own = plan.handle()
        const touch = () => {
          for (let page = 0; page < PAGES; page++) tape.read(own, page * STRIDE, 1)
        }
        tape.map(own, PAGES * STRIDE)
        touch()
        tape.body()
        tape.loop(LAPS, touch)
      }
    },
    { cpus: SIM_CPUS, initiators: SIM_CPUS, readers: 0 },
  )
}

const suite: Suite = (use) => {
  const { machine, simRun } = simOf(missPlan())
  const sample = () => {
    const misses = countOf(machine, COUNT_TLB_MISSES)
    const start = clockNs()
    simRun.runPass()
    const ns = clockNs() - start
    mustBe('misses where no access hits', countOf(machine, COUNT_TLB_MISSES) - misses, MISSES)
    return { ns, operations: MISSES }
  }
  const sides: Side[] = [
    {
      name: 'schedule alone',
      operation: 'next CPU, its new time',
      isAsync: false,
      sample() {
        const schedule = new Schedule(SIM_CPUS)
        for (let cpu = 0; cpu < SIM_CPUS; cpu++) schedule.set(cpu, cpu)
        const start = clockNs()
        for (let turn = 0; turn < MISSES; turn++) {
          const cpu = schedule.next
          schedule.set(cpu, schedule.timeOf(cpu) + SIM_CPUS)
        }
        sink.value += schedule.next
        return { ns: clockNs() - start, operations: MISSES }
      },
    },
    {
      name: 'miss',
      operation: `access that misses, ${SIM_CPUS} CPUs`,
      against: 'schedule alone',
      target: { kind: 'rate', least: 5e6 },
      isAsync: false,
      sample,
    },
  ]
  return use(sides)
}

export default suite
