import { randomOf } from '../harness/random.js'
import { COUNT_ACCESSES, COUNT_DEMANDS, COUNT_FAULTS, COUNT_INTERRUPTS_TAKEN } from '../machine/counters.js'
import { scriptFor } from './deviceScript.js'
import { drawScript } from './drawScript.js'
import { stressCommandLine, type TestFailure } from './report.js'
import { threadsScript, type Conditions } from './runScript.js'
import type { Script } from './script.js'
import type { Subject } from './subject.js'

/** Starting workers takes half a second, so tapes are long and run again and again for longer than that. */
const TAPE_LENGTH = 150
const PASSES_MS = 1000

export interface StressPlan {
  readonly subjects: readonly Subject[]
  readonly seed: number
  /** CPUs of a tape; drawn from 2 to `maxCpus` where it is undefined. */
  readonly cpus: number | undefined
  readonly maxCpus: number
  readonly forMs: number
  /** This one again and again, in place of random ones. */
  readonly script: Script | undefined
  readonly conditions?: Conditions
  /** Ends the run at once; the tape that is running is not counted. */
  readonly signal?: AbortSignal
}

export interface StressTotals {
  tapes: number
  /** Of these, ended for want of frames: they prove less. */
  cut: number
  ops: number
  accesses: number
  interrupts: number
  faults: number
  demands: number
  violations: number
}

/**
 * Random tapes on real workers with the whole oracle, one strategy after the other, until the time is
 * up. A strategy that fails is left out from then on.
 */
export async function stress(
  plan: StressPlan,
  onFailure: (failure: TestFailure) => void,
): Promise<StressTotals> {
  const totals = {
    tapes: 0,
    cut: 0,
    ops: 0,
    accesses: 0,
    interrupts: 0,
    faults: 0,
    demands: 0,
    violations: 0,
  }
  const conditions = {
    ...plan.conditions,
    passesMs: PASSES_MS,
    ...(plan.signal === undefined ? {} : { signal: plan.signal }),
  }
  const hasStopped = (): boolean => plan.signal?.aborted === true
  let left = [...plan.subjects]
  const endMs = performance.now() + plan.forMs
  for (let seed = plan.seed; left.length > 0; seed = (seed + 1) >>> 0) {
    const drawn = plan.script ?? drawnScript(seed, plan)
    for (const subject of left) {
      const script = plan.script ?? scriptFor(subject.module, drawn)
      if (hasStopped() || (totals.tapes > 0 && performance.now() >= endMs)) return totals
      const { result, faults } = await threadsScript(subject, script, conditions)
      // The workers were ended: what it says then is not the strategy's doing.
      if (hasStopped()) return totals
      totals.tapes++
      totals.violations += result?.violationCount ?? 0
      if (result === null && faults.length === 0) totals.cut++
      if (result !== null) {
        const { ops, counters } = result.figures
        totals.ops += ops
        totals.accesses += counters[COUNT_ACCESSES]
        totals.interrupts += counters[COUNT_INTERRUPTS_TAKEN]
        totals.faults += counters[COUNT_FAULTS]
        totals.demands += counters[COUNT_DEMANDS]
      }
      if (faults.length === 0) continue
      left = left.filter((other) => other !== subject)
      const command = stressCommandLine(subject.spec, script)
      onFailure({ strategy: subject.spec, check: 'stress', usesThreads: true, script, faults, command })
    }
  }
  return totals
}

function drawnScript(seed: number, { cpus, maxCpus }: StressPlan): Script {
  const random = randomOf(seed, 0)
  return drawScript(random, { cpus: cpus ?? 2 + random(maxCpus - 1), length: TAPE_LENGTH })
}
