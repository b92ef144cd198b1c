import { found, nothing, OUT_OF_FRAMES, type CheckResult } from './checkResult.js'
import { simScript } from './runScript.js'
import { cpuCountOf, type Script } from './script.js'
import type { Subject } from './subject.js'

/** 128 MiB: beyond it a run on 8 CPUs takes seconds, and says no more about the strategy. */
const MOST_WORDS = 1 << 25

/** Of a machine of 8 CPUs, or a little more. */
const MOST_ENTRIES = 1 << 19

export interface Boundary {
  /** `ring=65536` */
  readonly name: string
  readonly parameters: Readonly<Record<string, number>>
}

export function boundariesOf({ module, parameters }: Subject): Boundary[] {
  return Object.entries(module.parameters).flatMap(([name, { min, max }]) =>
    [...new Set([min, max])].map((value) => ({
      name: `${name}=${value}`,
      parameters: { ...parameters, [name]: value },
    })),
  )
}

/** Words that the strategy would take; what does not fit a test is passed over. */
export function isTooLarge({ module }: Subject, { parameters }: Boundary, cpuCount: number): boolean {
  const shape = { cpuCount, spaceCount: 5, entryCount: MOST_ENTRIES }
  const shared = Object.values(module.words(shape, parameters)).map(({ count, stride }) => count * stride)
  const own = Object.values(module.privateWords(shape, parameters)).map((count) => count * cpuCount)
  return [...shared, ...own].reduce((sum, words) => sum + words, 0) > MOST_WORDS
}

export function boundaryResult(subject: Subject, script: Script): CheckResult {
  const boundaries = boundariesOf(subject)
  if (boundaries.length === 0) return nothing('it has no parameters')
  const runnable = boundaries.filter((boundary) => !isTooLarge(subject, boundary, cpuCountOf(script)))
  if (runnable.length === 0) return nothing('every bound takes more words than a test may')
  let isJudged = false
  for (const { name, parameters } of runnable) {
    const { result, faults } = simScript(subject, script, { parameters })
    if (faults.length > 0) return found(faults.map((fault) => `${name}: ${fault}`))
    isJudged ||= result !== null
  }
  return isJudged ? found([]) : nothing(OUT_OF_FRAMES)
}
