import { CHECKS } from './checks.js'
import type { Verdict } from './conform.js'
import type { Unfinished } from './conformRun.js'

/** `lazy  wrap          passes  50 tapes, 20.3 ms each`; what was not compared is not called passed. */
export function describeVerdict(strategy: string, check: string, verdict: Verdict): string {
  return `${strategy}  ${check.padEnd(12)}  ${outcomeOf(check, verdict)}\n`
}

export function describeUnfinished({ place: { strategy, check }, tapes }: Unfinished): string {
  return needsTapes(check)
    ? `${check} of ${strategy} had passed ${tapes} tapes`
    : `${check} of ${strategy} had begun`
}

function outcomeOf(check: string, { tapes, idle, reason, elapsedMs, failure }: Verdict): string {
  if (failure === null && idle === tapes) return `nothing to compare: ${reason}`
  const word = failure === null ? 'passes' : 'FAILS'
  if (!needsTapes(check)) return `${word}  ${(elapsedMs / 1000).toFixed(1)} s`
  const each = `${(elapsedMs / tapes).toFixed(1)} ms each`
  const rest = idle === 0 ? '' : `; nothing to compare on ${idle} of them: ${reason}`
  return `${word}  ${tapes} tapes, ${each}${rest}`
}

function needsTapes(check: string): boolean {
  return CHECKS.find(({ name }) => name === check)?.every !== 'once'
}
