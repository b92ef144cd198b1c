import type { Check } from './checks.js'
import type { Verdict } from './conform.js'

/** `lazy  wrap          passes  50 tapes, 20.3 ms each`; what was not compared is not called passed. */
export function describeVerdict(strategy: string, check: Check, verdict: Verdict): string {
  return `${strategy}  ${check.name.padEnd(12)}  ${outcomeOf(check, verdict)}\n`
}

function outcomeOf(check: Check, { tapes, idle, reason, elapsedMs, failure }: Verdict): string {
  if (failure === null && idle === tapes) return `nothing to compare: ${reason}`
  const word = failure === null ? 'passes' : 'FAILS'
  if (check.every === 'once') return `${word}  ${(elapsedMs / 1000).toFixed(1)} s`
  const each = `${(elapsedMs / tapes).toFixed(1)} ms each`
  const rest = idle === 0 ? '' : `; nothing to compare on ${idle} of them: ${reason}`
  return `${word}  ${tapes} tapes, ${each}${rest}`
}
