import type { CellPlan } from '../../src/engines/cellWords.js'
import { COUNT_ACCESSES, COUNT_TLB_MISSES } from '../../src/machine/counters.js'
import { bareTape, sink } from './bareTape.js'
import { planOf } from './cell.js'
import { countOf, SIM_CPUS, simOf } from './simCell.js'
import { clockNs, mustBe, type Side, type Suite } from './suite.js'

/** The default working set of the workloads' readers. */
const PAGES = 32
/** Virtual time of one sample. */
const SPAN_PS = 4_000_000

function hitPlan(): CellPlan {
  return planOf(
    (plan) => {
      for (let cpu = 0; cpu < plan.readerCount; cpu++) {
        const tape = plan.tape(cpu)
        const own = plan.handle()
        tape.map(own, PAGES)
        tape.read(own, 0, PAGES)
        tape.body()
        tape.read(own, 0, PAGES)
      }
    },
    { cpus: SIM_CPUS, initiators: 0, readers: SIM_CPUS },
  )
}

const suite: Suite = (use) => {
  const plan = hitPlan()
  const { machine, simRun } = simOf(plan)
  const { tapes } = plan.tapes
  const sample = () => {
    const accesses = countOf(machine, COUNT_ACCESSES)
    const misses = countOf(machine, COUNT_TLB_MISSES)
    const start = clockNs()
    simRun.runInnocents(SPAN_PS)
    const ns = clockNs() - start
    mustBe('misses where all accesses hit', countOf(machine, COUNT_TLB_MISSES) - misses, 0)
    return { ns, operations: countOf(machine, COUNT_ACCESSES) - accesses }
  }
  simRun.runInnocents(SPAN_PS)
  const { operations } = sample()
  const passes = Math.ceil(operations / (SIM_CPUS * PAGES))
  const sides: Side[] = [
    {
      name: 'bare',
      operation: 'decode, touch one page number',
      isAsync: false,
      sample() {
        const start = clockNs()
        for (const tape of tapes) for (let pass = 0; pass < passes; pass++) sink.value += bareTape(tape)
        return { ns: clockNs() - start, operations: passes * SIM_CPUS * PAGES }
      },
    },
    {
      name: 'hit',
      operation: `access that hits, ${SIM_CPUS} CPUs`,
      against: 'bare',
      target: { kind: 'rate', least: 20e6 },
      isAsync: false,
      sample,
    },
  ]
  return use(sides)
}

export default suite
