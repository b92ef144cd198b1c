import { COUNT_DEMANDS } from '../machine/counters.js'
import { boundaryFaults } from './boundaries.js'
import { countedTicks } from './countedTicks.js'
import { simScript, threadsScript, type ScriptRun } from './runScript.js'
import type { Script } from './script.js'
import { aloneOf, comparableOf } from './scriptParts.js'
import type { Subject } from './subject.js'
import { recreated, spurious, Trace } from './wrapStrategy.js'

/** Something that every correct strategy passes, on any script. */
export interface Check {
  readonly name: string
  readonly summary: string
  /** Of so many scripts one is given to this check; real threads take time. */
  readonly every: number
  /** Its outcome depends on luck. */
  readonly usesThreads: boolean
  /** @returns one line for each fault; none: passed */
  run(subject: Subject, script: Script): Promise<string[]> | string[]
}

/** Each CPU's serials wrap within its first few changes. */
const JUST_BEFORE_WRAP = -5
const THREADS_PASSES = 3

/** Later checks go here; the conformance test and `npm run conform` take them from this list. */
export const CHECKS: readonly Check[] = [
  {
    name: 'oracle',
    summary: 'no violation in virtual time, and nothing unsettled or held after the drain',
    every: 1,
    usesThreads: false,
    run: (subject, script) => simScript(subject, script).faults,
  },
  {
    name: 'wrap',
    summary: 'the same with serials that start just before they wrap',
    every: 2,
    usesThreads: false,
    run: (subject, script) => simScript(subject, script, { serialStart: JUST_BEFORE_WRAP }).faults,
  },
  {
    name: 'spurious',
    summary: 'the same with interrupts for which nothing is pending',
    every: 2,
    usesThreads: false,
    run: (subject, script) => simScript(subject, script, { module: spurious(subject.module) }).faults,
  },
  {
    name: 'recreated',
    summary: 'the same as before, to the last figure, when the object is made anew before every hook',
    every: 2,
    usesThreads: false,
    run: recreatedFaults,
  },
  {
    name: 'same',
    summary: 'the same hooks at the same times, and the same words at the end, in a second run',
    every: 2,
    usesThreads: false,
    run: repeatFaults,
  },
  {
    name: 'alone',
    summary: 'one CPU',
    every: 2,
    usesThreads: false,
    run: (subject, script) => simScript(subject, aloneOf(script)).faults,
  },
  {
    name: 'bounds',
    summary: 'each parameter at its least and at its greatest value',
    every: 4,
    usesThreads: false,
    run: boundaryFaults,
  },
  {
    name: 'threads',
    summary: 'no violation on real threads',
    every: 20,
    usesThreads: true,
    run: async (subject, script) => (await threadsScript(subject, script, { passes: THREADS_PASSES })).faults,
  },
  {
    name: 'differential',
    summary: 'real threads and virtual time count the same where counts do not depend on timing',
    every: 20,
    usesThreads: true,
    run: differentialFaults,
  },
]

function recreatedFaults(subject: Subject, script: Script): string[] {
  const usual = simScript(subject, script)
  const anew = simScript(subject, script, { module: recreated(subject.module) })
  // A strategy that fails in itself is the business of another check.
  if (usual.faults.length > 0) return []
  if (anew.faults.length > 0) return anew.faults
  const isSame = JSON.stringify(usual.result?.figures) === JSON.stringify(anew.result?.figures)
  return isSame ? [] : ['its figures differ when its object is made anew before every hook']
}

function repeatFaults(subject: Subject, script: Script): string[] {
  const [first, second] = [new Trace(), new Trace()]
  for (const trace of [first, second]) simScript(subject, script, { module: trace.traced(subject.module) })
  const { length } = first.lines
  const at = first.lines.findIndex((line, index) => line !== second.lines[index])
  if (at >= 0) return [`hook ${at} differs: ${first.lines[at]}, then ${second.lines[at] ?? 'nothing'}`]
  if (second.lines.length > length)
    return [`a second run has ${second.lines.length} hooks, the first ${length}`]
  const words = second.words()
  const word = first.words().findIndex((value, index) => value !== words[index])
  return word < 0 ? [] : [`its shared word ${word} differs after a second run`]
}

async function differentialFaults(subject: Subject, script: Script): Promise<string[]> {
  const parameters = countedTicks(subject)
  // It lives on ticks that no parameter of its own can keep away, so nothing is exact.
  if (parameters === null) return []
  const comparable = comparableOf(script, Math.min(2, script.readers.length))
  const sim = simScript(subject, comparable, { parameters })
  const threads = await threadsScript(subject, comparable, { parameters })
  const faults = [...sim.faults, ...threads.faults]
  if (faults.length > 0) return faults
  const [ours, theirs] = [countsOf(sim), countsOf(threads)]
  return Object.keys(ours)
    .filter((name) => ours[name] !== theirs[name])
    .map((name) => `${name}: ${ours[name]} in sim, ${theirs[name]} on threads`)
}

function countsOf({ result }: ScriptRun): Record<string, number> {
  if (result === null) throw new Error('a run without faults and without a result')
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = result.figures
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, demands: counters[COUNT_DEMANDS] }
}
