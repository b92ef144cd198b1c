import type { Check } from './checks.js'
import { checkCommand, type TestFailure } from './report.js'
import type { Script } from './script.js'
import { seededScript } from './scriptOf.js'
import { shrinkScript } from './shrinkScript.js'
import type { Subject } from './subject.js'

/** `I11: `, or the first letters of what was thrown. */
const KIND_LENGTH = 5

export interface ConformPlan {
  readonly check: Check
  /** Scripts that are drawn, of which a check that takes long gets every so manieth. */
  readonly tapes: number
  readonly seed: number
  /** How long a failing script is made smaller; not on real threads, where a smaller one may pass by luck. */
  readonly shrinkMs: number
}

export interface Verdict {
  readonly tapes: number
  readonly elapsedMs: number
  readonly failure: TestFailure | null
}

/** One check of one strategy on random scripts, up to the first that fails, which is made smaller. */
export async function conform(
  subject: Subject,
  { check, tapes, seed, shrinkMs }: ConformPlan,
): Promise<Verdict> {
  const startMs = performance.now()
  const count = Math.max(1, Math.floor(tapes / check.every))
  for (let index = 0; index < count; index++) {
    const failure = await judge(subject, check, seededScript((seed + index) >>> 0), shrinkMs)
    if (failure !== null) return { tapes: index + 1, elapsedMs: performance.now() - startMs, failure }
  }
  return { tapes: count, elapsedMs: performance.now() - startMs, failure: null }
}

/** One check on one given script, several times where luck decides. */
export async function conformOn(
  subject: Subject,
  check: Check,
  script: Script,
  times: number,
): Promise<Verdict> {
  const startMs = performance.now()
  for (let run = 1; run <= times; run++) {
    const failure = await judge(subject, check, script, 0)
    if (failure !== null) return { tapes: run, elapsedMs: performance.now() - startMs, failure }
  }
  return { tapes: times, elapsedMs: performance.now() - startMs, failure: null }
}

async function judge(
  subject: Subject,
  check: Check,
  script: Script,
  shrinkMs: number,
): Promise<TestFailure | null> {
  const faults = await check.run(subject, script)
  if (faults.length === 0) return null
  const endMs = performance.now() + shrinkMs
  const smallest =
    check.usesThreads || shrinkMs === 0
      ? script
      : await shrinkScript(
          script,
          // The same kind of fault: a smaller script that fails in another way is another finding.
          async (smaller) => kindOf(await check.run(subject, smaller)) === kindOf(faults),
          () => performance.now() >= endMs,
        )
  return {
    strategy: subject.spec,
    check: check.name,
    script: smallest,
    faults: smallest === script ? faults : await check.run(subject, smallest),
    command: checkCommand(subject.spec, check.name, smallest),
  }
}

function kindOf(faults: readonly string[]): string {
  return faults.length === 0 ? '' : faults[0].slice(0, KIND_LENGTH)
}
