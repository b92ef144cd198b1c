/** Findings of tier 1 to one outcome, one sentence and one remedy. */
import { updateCommand } from './baselineFiles.js'
import type { ExactFinding, ExactKind, ExactVerdict } from './verdict.js'

export type ExactResult = Pick<ExactVerdict, 'cellCount' | 'comparedCount' | 'findings' | 'violations'>

const KINDS: readonly ExactKind[] = ['worse', 'better', 'missing', 'new', 'not comparable', 'tolerated']

/** @param wanted the baseline was to be rewritten, which a violation has prevented */
export function judge(result: ExactResult, directory: string, wanted: boolean): ExactVerdict {
  return { tier: 'exact', ...sayOf(result, directory, wanted), ...result }
}

/** The verdict of a run that has just rewritten the baseline: the differences stay on it. */
export function updated(result: ExactResult, directory: string): ExactVerdict {
  const isSame = result.findings.length === 0
  const change = isSame ? 'nothing has changed' : `before, it differed: ${countsOf(result.findings)}`
  return {
    tier: 'exact',
    outcome: 'pass',
    reason: `${directory} describes this tree; ${change}.`,
    remedy: isSame ? '' : `commit ${directory} together with what explains the differences`,
    ...result,
  }
}

type Say = Pick<ExactVerdict, 'outcome' | 'reason' | 'remedy'>

function sayOf(
  { cellCount, comparedCount, findings, violations }: ExactResult,
  directory: string,
  wanted: boolean,
): Say {
  const outcome = outcomeOf(findings, violations)
  const differs = countsOf(findings)
  const accept = `where that is meant: ${updateCommand(directory)}, and commit ${directory}`
  if (outcome === 'violation') {
    const kept = wanted ? `; ${directory} was not rewritten` : ''
    const reason = `A strategy broke its promise, or a repetition failed${kept}.`
    return { outcome, reason, remedy: 'what did, and what shows it again, is below' }
  }
  if (outcome === 'regression')
    return { outcome, reason: `Worse than ${directory}: ${differs}.`, remedy: accept }
  if (outcome === 'outdated')
    return { outcome, reason: `${directory} does not describe this tree: ${differs}.`, remedy: accept }
  const but = differs === '' ? '' : `, but for ${differs}`
  const reason = `${comparedCount} figures of ${cellCount} cells are those of ${directory}${but}.`
  return { outcome, reason, remedy: '' }
}

function outcomeOf(
  findings: readonly ExactFinding[],
  violations: readonly string[],
): 'violation' | 'regression' | 'outdated' | 'pass' {
  if (violations.length > 0) return 'violation'
  if (findings.some(({ kind }) => kind === 'worse')) return 'regression'
  return findings.some(({ kind }) => kind !== 'tolerated') ? 'outdated' : 'pass'
}

/** `12 worse in 3 cells, 1 missing in 1 cell`. */
function countsOf(findings: readonly ExactFinding[]): string {
  return KINDS.flatMap((kind) => {
    const ofKind = findings.filter((finding) => finding.kind === kind)
    const cells = new Set(ofKind.map(({ cell }) => cell)).size
    return ofKind.length === 0
      ? []
      : [`${ofKind.length} ${kind} in ${cells} ${cells === 1 ? 'cell' : 'cells'}`]
  }).join(', ')
}
