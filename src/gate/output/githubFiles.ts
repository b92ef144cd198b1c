/** The two files through which a step tells GitHub Actions something; elsewhere their variables are not set. */
import { randomUUID } from 'node:crypto'
import { appendFileSync, statSync } from 'node:fs'
import { reasonOf } from '../../records/writeFile.js'

/** The runner drops the whole page of a step above 1 MiB: actions/runner, src/Runner.Worker/FileCommandManager.cs. */
const SUMMARY_LIMIT_BYTES = 1024 * 1024 - 1

/**
 * Appends to the page of the step (`GITHUB_STEP_SUMMARY`).
 * @param render makes the text from the number of bytes that are left; null where it cannot be that short
 * @returns why nothing was appended; null where it was
 */
export function appendStepSummary(
  path: string,
  render: (budgetBytes: number) => string | null,
): string | null {
  try {
    const size = sizeOf(path)
    // What stands there may lack its last line break, and a heading needs an empty line before it.
    const gap = size === 0 ? '' : '\n\n'
    const budget = SUMMARY_LIMIT_BYTES - size - gap.length
    const text = render(budget)
    if (text === null)
      return `only ${Math.max(0, budget)} bytes are left below 1 MiB, above which GitHub shows nothing`
    appendFileSync(path, gap + text)
    return null
  } catch (cause) {
    return reasonOf(cause)
  }
}

/**
 * Sets outputs of the step (`GITHUB_OUTPUT`), each between delimiters, so that a value may have several lines.
 * @returns why nothing was set; null where it was
 */
export function appendStepOutputs(path: string, outputs: Readonly<Record<string, string>>): string | null {
  // Random: no value can end itself and set another output.
  const delimiter = `end-${randomUUID()}`
  const lines = Object.entries(outputs).map(
    ([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`,
  )
  try {
    appendFileSync(path, lines.join(''))
    return null
  } catch (cause) {
    return reasonOf(cause)
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
