/**
 * Annotations of GitHub Actions: workflow commands, a line each, that the runner reads from what a step prints
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
 */
import type { Outcome, Verdict } from '../../gate/verdict.js'
import { change, changeInterval } from '../change.js'
import { exactCells } from './exactTable.js'
import type { VerdictFiles } from './verdictText.js'
import { decisive } from './verdictWords.js'
import { worstCellsFirst } from './wallClockTable.js'

type Level = 'error' | 'warning' | 'notice'

/** GitHub shows as many of each level in a step, and drops the others without a word. */
const MOST_OF_A_LEVEL = 10

/** A pass is told as well: a gate that has not run looks like one that says nothing. */
const LEVELS: Record<Outcome, Level> = {
  pass: 'notice',
  regression: 'error',
  violation: 'error',
  inconclusive: 'warning',
  outdated: 'warning',
}

/** @returns commands, a line each; the verdict is the first, and what is too much for the page is counted */
export function annotations(verdict: Verdict, files: VerdictFiles): string {
  const level = LEVELS[verdict.outcome]
  const errors: string[] = verdict.violations.map((violation) => annotation('error', 'violation', violation))
  const warnings: string[] = []
  if (verdict.tier === 'exact') {
    for (const finding of decisive(verdict.findings)) {
      const [kind, cell, metric, before, after, changed] = exactCells(finding)
      const found = finding.kind === 'worse' ? errors : warnings
      found.push(
        annotation(
          found === errors ? 'error' : 'warning',
          `${kind}: ${cell}`,
          `${metric}: ${before}, now ${after} (${changed})`,
        ),
      )
    }
  } else {
    for (const { cell, outcome, reason, batch } of worstCellsFirst(verdict.cells)) {
      const message = `${change(batch.ratio)} (${changeInterval(batch.low, batch.high)})${reason === '' ? '' : `, ${reason}`}`
      if (outcome === 'regression') errors.push(annotation('error', `slower: ${cell}`, message))
      if (outcome === 'inconclusive') warnings.push(annotation('warning', `inconclusive: ${cell}`, message))
    }
  }
  const text = [verdict.reason, verdict.remedy].filter((sentence) => sentence !== '').join('\n')
  const first = annotation(level, `performance gate, ${verdict.tier} tier: ${verdict.outcome}`, text)
  return [
    first,
    ...capped('error', errors, level === 'error' ? 1 : 0, files),
    ...capped('warning', warnings, level === 'warning' ? 1 : 0, files),
  ].join('')
}

/** @param taken by others of this level */
function capped(level: Level, found: readonly string[], taken: number, files: VerdictFiles): string[] {
  const room = MOST_OF_A_LEVEL - taken
  if (found.length <= room) return [...found]
  const shown = found.slice(0, room - 1)
  const rest = `${(found.length - shown.length).toLocaleString('en-US')} more in ${files.json}`
  return [...shown, annotation(level, 'performance gate', rest)]
}

export function annotation(level: Level, title: string, message: string): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(message)}\n`
}

/** As the runner unescapes them: actions/runner, src/Runner.Common/ActionCommand.cs. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
