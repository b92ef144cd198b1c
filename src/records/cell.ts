/**
 * One cell of a CSV file, both ways. Strict in both: a figure that cannot be read back must not be
 * written, and a text that is not exactly what a writer produces is not a figure.
 */
import type { Column } from './columns.js'

/** What a cell holds in a row. */
export type CellValue = string | number | boolean | null

// What String(number) gives, and nothing else: no sign `+`, no thousands, no hexadecimal, no `NaN`.
const INTEGER = /^(?:0|-?[1-9][0-9]*)$/
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?$/

/**
 * Written by name and not by csv-stringify's defaults, which make `false` an empty cell.
 * @throws Error that names the column: a wrong value here is a mistake in the program, not in its input
 */
export function formatCell(column: Column, value: CellValue): string {
  const text = value === null ? '' : typeof value === 'string' ? oneLine(value) : String(value)
  if (typeof value === 'string' && column.type !== 'string') {
    throw new Error(`column ${column.name}: ${JSON.stringify(value)} is not ${article(column)}`)
  }
  const problem = cellProblem(column, text)
  if (problem !== null) throw new Error(`column ${column.name}: ${problem}`)
  return text
}

/** @returns the value, or `problem`: what is wrong with the text, without the place where it stands */
export function parseCell(column: Column, text: string): { value: CellValue } | { problem: string } {
  const problem = cellProblem(column, text)
  if (problem !== null) return { problem }
  if (column.type === 'string') return { value: text }
  if (text === '') return { value: null }
  return { value: column.type === 'boolean' ? text === 'true' : Number(text) }
}

function cellProblem(column: Column, text: string): string | null {
  if (text === '') return column.nullable ? null : 'is empty, and must not be'
  const wrong = `${JSON.stringify(text)} is not ${article(column)}`
  switch (column.type) {
    case 'string':
      if (column.values !== null && !column.values.includes(text)) {
        return `${JSON.stringify(text)} is none of ${column.values.join(', ')}`
      }
      return null
    case 'boolean':
      return text === 'true' || text === 'false' ? null : wrong
    case 'integer':
      if (!INTEGER.test(text)) return wrong
      // Beyond 2^53 the digits written are not the ones that were counted.
      if (!Number.isSafeInteger(Number(text)))
        return `${text} is beyond 2^53, where integers are no longer exact`
      break
    case 'number':
      if (!NUMBER.test(text) || !Number.isFinite(Number(text))) return wrong
  }
  if (column.minimum !== null && Number(text) < column.minimum) return `${text} is below ${column.minimum}`
  return null
}

/** One row is one line, so that a torn last row can be recognized and cut off without parsing. */
function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' / ')
}

function article(column: Column): string {
  return column.type === 'integer'
    ? 'an integer'
    : column.type === 'boolean'
      ? '`true` or `false`'
      : `a ${column.type}`
}
