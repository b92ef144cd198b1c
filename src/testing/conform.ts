import type { CheckResult } from './checkResult.js'
import type { Check } from './checks.js'
import { scriptFor } from './deviceScript.js'
import { checkCommand, type TestFailure } from './report.js'
import type { Script } from './script.js'
import { seededScript } from './scriptOf.js'
import { shrinkScript } from './shrinkScript.js'
import type { Subject } from './subject.js'

/** Of what was thrown, where no invariant is named. */
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
  /** Tapes that were run; 1 for a check that needs none. */
  readonly tapes: number
  /** Of these, with nothing to compare, and why the first of them. */
  readonly idle: number
  readonly reason: string
  readonly elapsedMs: number
  readonly failure: TestFailure | null
}

/** How many tapes are done, without a fault; awaited, so that whoever is told can be heard. */
export type Progress = (tapes: number) => Promise<void>

/** One check of one strategy on random scripts, up to the first that fails, which is made smaller. */
export function conform(
  subject: Subject,
  { check, tapes, seed, shrinkMs }: ConformPlan,
  onTape?: Progress,
): Promise<Verdict> {
  const count = check.every === 'once' ? 1 : Math.max(1, Math.floor(tapes / check.every))
  const scripts = Array.from(
    { length: count },
    (_, index) => () => scriptFor(subject.module, seededScript((seed + index) >>> 0)),
  )
  return judgeAll(subject, check, scripts, shrinkMs, onTape)
}

/** One check on one given script, several times where luck decides. */
export function conformOn(
  subject: Subject,
  check: Check,
  script: Script,
  times: number,
  onTape?: Progress,
): Promise<Verdict> {
  // A check that needs no script has nothing to do with this one, and runs as ever.
  const count = check.every === 'once' ? 1 : times
  const scripts = Array.from({ length: count }, () => () => script)
  return judgeAll(subject, check, scripts, 0, onTape)
}

async function judgeAll(
  subject: Subject,
  check: Check,
  scripts: readonly (() => Script)[],
  shrinkMs: number,
  onTape: Progress = async () => {},
): Promise<Verdict> {
  const startMs = performance.now()
  const verdict = { tapes: 0, idle: 0, reason: '' }
  let failure: TestFailure | null = null
  for (const scriptAt of scripts) {
    const script = scriptAt()
    const result = await check.run(subject, script)
    verdict.tapes++
    if (result.nothing !== null) {
      verdict.idle++
      verdict.reason ||= result.nothing
    }
    if (result.faults.length > 0) {
      failure = await failureOf(subject, check, script, result, shrinkMs)
      break
    }
    await onTape(verdict.tapes)
  }
  return { ...verdict, elapsedMs: performance.now() - startMs, failure }
}

async function failureOf(
  subject: Subject,
  check: Check,
  script: Script,
  { faults, command }: CheckResult,
  shrinkMs: number,
): Promise<TestFailure> {
  const head = { strategy: subject.spec, check: check.name, usesThreads: check.usesThreads }
  if (check.every === 'once')
    return { ...head, script: null, faults, command: command ?? checkCommand(subject.spec, check.name, null) }
  const endMs = performance.now() + shrinkMs
  const smallest =
    check.usesThreads || shrinkMs === 0
      ? script
      : await shrinkScript(
          script,
          // The same kind of fault: a smaller script that fails in another way is another finding.
          async (smaller) => kindOf((await check.run(subject, smaller)).faults) === kindOf(faults),
          () => performance.now() >= endMs,
        )
  return {
    ...head,
    script: smallest,
    faults: smallest === script ? faults : (await check.run(subject, smallest)).faults,
    command: checkCommand(subject.spec, check.name, smallest),
  }
}

function kindOf(faults: readonly string[]): string {
  if (faults.length === 0) return ''
  return /(?<=^|: )I\d+(?=: )/.exec(faults[0])?.[0] ?? faults[0].slice(0, KIND_LENGTH)
}
