import type { CellPlan } from '../../src/engines/cellWords.js'
import { COUNT_ACCESSES, COUNT_TLB_MISSES } from '../../src/machine/counters.js'
import { Schedule } from '../../src/engines/sim/schedule.js'
import { planOf } from './cell.js'
import { compare } from './compare.js'
import { countOf, SIM_CPUS, simOf } from './simCell.js'
import { sink } from './bareTape.js'
import { clockNs, mustBe, type Side, type SuiteRun } from './suite.js'

/** More than fits: pages that all fall into one set of 16 ways of the second level, whose sets are 128. */
const PAGES = 32
const STRIDE = 128
const SPAN_PS = 4_000_000

function missPlan(): CellPlan {
  return planOf(
    (plan) => {
      for (let cpu = 0; cpu < plan.readerCount; cpu++) {
        const tape = plan.tape(cpu)
        const own = plan.handle()
        const touch = () => {
          for (let page = 0; page < PAGES; page++) tape.read(own, page * STRIDE, 1)
        }
        tape.map(own, PAGES * STRIDE)
        touch()
        tape.body()
        touch()
      }
    },
    { cpus: SIM_CPUS, initiators: 0, readers: SIM_CPUS },
  )
}

const run: SuiteRun = (name, budgetMs) => {
  const { machine, simRun } = simOf(missPlan())
  const sample = () => {
    const accesses = countOf(machine, COUNT_ACCESSES)
    const misses = countOf(machine, COUNT_TLB_MISSES)
    const start = clockNs()
    simRun.runInnocents(SPAN_PS)
    const ns = clockNs() - start
    const operations = countOf(machine, COUNT_ACCESSES) - accesses
    mustBe('misses where no access hits', countOf(machine, COUNT_TLB_MISSES) - misses, operations)
    return { ns, operations }
  }
  simRun.runInnocents(SPAN_PS)
  const { operations } = sample()
  const sides: Side[] = [
    {
      name: 'schedule alone',
      operation: 'next CPU, its new time',
      isAsync: false,
      sample() {
        const schedule = new Schedule(SIM_CPUS)
        for (let cpu = 0; cpu < SIM_CPUS; cpu++) schedule.set(cpu, cpu)
        const start = clockNs()
        for (let turn = 0; turn < operations; turn++) {
          const cpu = schedule.next
          schedule.set(cpu, schedule.timeOf(cpu) + SIM_CPUS)
        }
        sink.value += schedule.next
        return { ns: clockNs() - start, operations }
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
  return compare(name, sides, budgetMs)
}

export default run
