/** What every form of a verdict has in common: its headline, and what belongs to the top. */
import type { ExactFinding, ExactKind, Verdict } from '../../gate/verdict.js'

/** Worst first; what is tolerated decides nothing. */
const KIND_ORDER: readonly ExactKind[] = ['worse', 'not comparable', 'missing', 'new', 'better', 'tolerated']

/** `REGRESSION: 3 of 48 cells need more than before` */
export function headline(verdict: Verdict): string {
  return `${verdict.outcome.toUpperCase()}: ${oneLine(verdict.reason)}`
}

export function isAlarm(verdict: Verdict): boolean {
  return verdict.outcome === 'regression' || verdict.outcome === 'violation'
}

/**
 * Without what would break a row or move a terminal: a strategy can be a file, and its name can hold anything.
 * Marks of writing direction too, which make a text look like another.
 */
export function oneLine(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- control characters are what must not reach the terminal
      .replaceAll(/[\s\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ')
      .trim()
  )
}

/** By what it means, then by how far it is from before; from nothing to something is the farthest. */
export function worstFirst(findings: readonly ExactFinding[]): ExactFinding[] {
  const distance = ({ ratio }: ExactFinding) =>
    ratio === null || ratio <= 0 ? Infinity : Math.abs(Math.log(ratio))
  // Not subtracted: two infinities have no difference.
  const order = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0)
  return findings.toSorted(
    (a, b) =>
      order(KIND_ORDER.indexOf(a.kind), KIND_ORDER.indexOf(b.kind)) || order(distance(b), distance(a)),
  )
}

/** The findings that an outcome comes from; the others are for whoever wants to know more. */
export function decisive(findings: readonly ExactFinding[]): ExactFinding[] {
  const sorted = worstFirst(findings)
  const worse = sorted.filter(({ kind }) => kind === 'worse')
  return worse.length > 0 ? worse : sorted.filter(({ kind }) => kind !== 'tolerated')
}

/** Largest slowdown or growth of a figure, after divided by before; null where nothing has such a ratio. */
export function worstRatio(verdict: Verdict): number | null {
  const ratios =
    verdict.tier === 'wall-clock'
      ? verdict.cells.map(({ batch }) => batch.ratio)
      : verdict.findings
          .filter(({ kind }) => kind === 'worse' || kind === 'tolerated')
          .map(({ ratio }) => ratio)
  const known = ratios.filter((ratio) => ratio !== null && Number.isFinite(ratio)) as number[]
  // Not Math.max(...known): twenty thousand arguments are near the limit of the stack.
  return known.length === 0 ? null : known.reduce((worst, ratio) => Math.max(worst, ratio))
}

/** `1,204 figures`; most nouns here take an s. */
export function amount(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}
