import { PHASE_PASS } from '../../src/engines/threads/protocol.js'
import { COUNT_ACCESSES, COUNT_TLB_MISSES } from '../../src/machine/counters.js'
import { bareTape, sink } from './bareTape.js'
import { planOf, type CellOptions } from './cell.js'
import { clockNs, mustBe, type Sample, type Side, type Suite } from './suite.js'
import { loneCpu } from './threadsCpu.js'
import type { CellPlan } from '../../src/engines/cellWords.js'

/** Accesses of one sample. */
export const ACCESSES = 1 << 18

/** A tape that reads the same pages again and again, so many in one instruction. */
export function hitPlan(pages: number, also: Partial<CellOptions>): CellPlan {
  return planOf(
    (plan) => {
      const tape = plan.tape(0)
      const own = plan.handle()
      tape.map(own, pages)
      tape.read(own, 0, pages)
      tape.body()
      tape.loop(ACCESSES / pages, () => tape.read(own, 0, pages))
    },
    { cpus: 1, initiators: 1, readers: 0, ...also },
  )
}

/** A pass of the tape in the engine's own loop: mailbox, interpreter, TLB. */
function hitSample(plan: CellPlan): () => Sample {
  const alone = loneCpu(plan)
  // The first pass fills the TLB.
  alone.resetPhase()
  alone.run(PHASE_PASS)
  return () => {
    alone.resetPhase()
    const ns = alone.run(PHASE_PASS)
    mustBe('accesses of a pass', alone.cpu.counters[COUNT_ACCESSES], ACCESSES)
    mustBe('misses of a pass that only hits', alone.cpu.counters[COUNT_TLB_MISSES], 0)
    return { ns, operations: ACCESSES }
  }
}

const suite: Suite = (use) => {
  const sides: Side[] = []
  for (const pages of [64, 32]) {
    const plan = hitPlan(pages, {})
    sides.push(
      {
        name: `bare, runs of ${pages}`,
        operation: 'decode, touch one page number',
        isAsync: false,
        sample() {
          const start = clockNs()
          sink.value += bareTape(plan.tapes.tapes[0])
          return { ns: clockNs() - start, operations: ACCESSES }
        },
      },
      {
        name: `hit, runs of ${pages}`,
        operation: 'access that hits the first level',
        against: `bare, runs of ${pages}`,
        target: { kind: 'ratio', most: 5 },
        isAsync: false,
        sample: hitSample(plan),
      },
    )
  }
  return use(sides)
}

export default suite
