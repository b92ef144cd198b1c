import { COUNT_DEMANDS } from '../machine/counters.js'
import { boundaryResult } from './boundaries.js'
import { found, foundIn, nothing, OUT_OF_FRAMES, type CheckResult } from './checkResult.js'
import { countedTicks } from './countedTicks.js'
import { exploreResult } from './exploreCheck.js'
import { simScript, threadsScript, type ScriptRun } from './runScript.js'
import type { Script } from './script.js'
import { aloneOf, comparableOf } from './scriptParts.js'
import type { Subject } from './subject.js'
import { recreated, spurious, Trace } from './wrapStrategy.js'

/** Something that every correct strategy passes, on any script. */
export interface Check {
  readonly name: string
  readonly summary: string
  /** Of so many scripts one is given to this check; real threads take time. `once`: it needs no script. */
  readonly every: number | 'once'
  /** Its outcome depends on luck. */
  readonly usesThreads: boolean
  run(subject: Subject, script: Script): Promise<CheckResult> | CheckResult
}

/**
 * Each CPU's serials wrap within its first few changes: from -1 to 0, which only a comparison without a
 * sign takes for a step back, and from the greatest to the least, where `<` and `>=` do.
 */
const JUST_BEFORE_WRAP = [-5, 0x7fffffff - 5]
const THREADS_PASSES = 3

/** Later checks go here; the conformance test and `npm run conform` take them from this list. */
export const CHECKS: readonly Check[] = [
  {
    name: 'oracle',
    summary: 'no violation in virtual time, and nothing unsettled or held after the drain',
    every: 1,
    usesThreads: false,
    run: (subject, script) => foundIn(simScript(subject, script)),
  },
  {
    name: 'wrap',
    summary: 'the same with serials that start just before they wrap, in sign and in size',
    every: 2,
    usesThreads: false,
    run: wrapResult,
  },
  {
    name: 'spurious',
    summary: 'the same with interrupts for which nothing is pending',
    every: 2,
    usesThreads: false,
    run: (subject, script) => foundIn(simScript(subject, script, { module: spurious(subject.module) })),
  },
  {
    name: 'recreated',
    summary: 'the same as before, to the last figure, when the object is made anew before every hook',
    every: 2,
    usesThreads: false,
    run: recreatedResult,
  },
  {
    name: 'same',
    summary: 'the same hooks at the same times, and the same words at the end, in a second run',
    every: 2,
    usesThreads: false,
    run: repeatResult,
  },
  {
    name: 'alone',
    summary: 'one CPU',
    every: 2,
    usesThreads: false,
    run: (subject, script) => foundIn(simScript(subject, aloneOf(script))),
  },
  {
    name: 'bounds',
    summary: 'each parameter at its least and at its greatest value',
    every: 4,
    usesThreads: false,
    run: boundaryResult,
  },
  {
    name: 'explore',
    summary: 'no violation in any interleaving of small cases, up to a bound in states',
    every: 'once',
    usesThreads: false,
    run: exploreResult,
  },
  {
    name: 'threads',
    summary: 'no violation on real threads',
    every: 20,
    usesThreads: true,
    run: async (subject, script) => foundIn(await threadsScript(subject, script, { passes: THREADS_PASSES })),
  },
  {
    name: 'differential',
    summary: 'real threads and virtual time count the same where counts do not depend on timing',
    every: 20,
    usesThreads: true,
    run: differentialResult,
  },
]

function wrapResult(subject: Subject, script: Script): CheckResult {
  const runs = JUST_BEFORE_WRAP.map((serialStart) => ({
    serialStart,
    run: simScript(subject, script, { serialStart }),
  }))
  const failed = runs.find(({ run }) => run.faults.length > 0)
  if (failed !== undefined)
    return found(failed.run.faults.map((fault) => `serials after ${failed.serialStart}: ${fault}`))
  return runs.some(({ run }) => run.result !== null) ? found([]) : nothing(OUT_OF_FRAMES)
}

function recreatedResult(subject: Subject, script: Script): CheckResult {
  const usual = simScript(subject, script)
  // A strategy that fails in itself is the business of another check.
  if (usual.faults.length > 0) return nothing('it fails already as it is')
  const anew = simScript(subject, script, { module: recreated(subject.module) })
  if (anew.faults.length > 0) return found(anew.faults)
  if (usual.result === null && anew.result === null) return nothing(OUT_OF_FRAMES)
  const isSame = JSON.stringify(usual.result?.figures) === JSON.stringify(anew.result?.figures)
  return found(isSame ? [] : ['its figures differ when its object is made anew before every hook'])
}

function repeatResult(subject: Subject, script: Script): CheckResult {
  const [first, second] = [new Trace(), new Trace()]
  for (const trace of [first, second]) simScript(subject, script, { module: trace.traced(subject.module) })
  const { length } = first.lines
  const at = first.lines.findIndex((line, index) => line !== second.lines[index])
  if (at >= 0) return found([`hook ${at} differs: ${first.lines[at]}, then ${second.lines[at] ?? 'nothing'}`])
  if (second.lines.length > length)
    return found([`a second run has ${second.lines.length} hooks, the first ${length}`])
  const words = second.words()
  const word = first.words().findIndex((value, index) => value !== words[index])
  return found(word < 0 ? [] : [`its shared word ${word} differs after a second run`])
}

async function differentialResult(subject: Subject, script: Script): Promise<CheckResult> {
  const parameters = countedTicks(subject)
  // It lives on ticks that no parameter of its own can keep away, so nothing is exact.
  if (parameters === null) return nothing('no parameter keeps the ticks of the clock away')
  const comparable = comparableOf(script, Math.min(2, script.readers.length))
  const sim = simScript(subject, comparable, { parameters })
  const threads = await threadsScript(subject, comparable, { parameters })
  const faults = [...sim.faults, ...threads.faults]
  if (faults.length > 0) return found(faults)
  const [ours, theirs] = [countsOf(sim), countsOf(threads)]
  const different = Object.keys(ours).filter((name) => ours[name] !== theirs[name])
  return found(different.map((name) => `${name}: ${ours[name]} in sim, ${theirs[name]} on threads`))
}

function countsOf({ result }: ScriptRun): Record<string, number> {
  if (result === null) throw new Error('a run without faults and without a result')
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = result.figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, demands: counters[COUNT_DEMANDS] }
}
