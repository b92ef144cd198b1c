/** Markdown as GitHub reads it, for texts that anybody may have named. */
import { oneLine } from './verdictWords.js'

/**
 * Characters that could begin or end markup, HTML, a cell, a mention, an issue number, mathematics, an emoji or a link.
 * An underscore inside a word begins nothing, and column names are full of them; no more does a colon before a space.
 */
const MARKUP = /[&<>"'|\\`*[\]{}~$@#!]|:(?=\S)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g

/**
 * As character references: they never stand in the place of markup (https://spec.commonmark.org/0.31.2/, section 2.5),
 * also in a cell, where a backslash before `|` is read twice.
 */
export function escapeMarkdown(text: string): string {
  return oneLine(text).replaceAll(MARKUP, (character) => `&#${character.charCodeAt(0)};`)
}

/** Where a text begins a line, what would make a list or a heading of it as well. */
export function escapeParagraph(text: string): string {
  return escapeMarkdown(text).replace(
    /^[-+=]|(?<=^\d{1,9})[.)]/,
    (character) => `&#${character.charCodeAt(0)};`,
  )
}

/** @param cells plain text */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map(escapeMarkdown).join(' | ')} |\n`
}

/** @param headings plain text; columns of figures are aligned to the right */
export function markdownHead(headings: readonly string[], textColumns: ReadonlySet<number>): string {
  const rule = headings.map((_, column) => (textColumns.has(column) ? '---' : '---:'))
  return `${markdownRow(headings)}| ${rule.join(' | ')} |\n`
}

/** A part of a page that may lose rows, from its end. */
export interface Section {
  readonly before: string
  /** Markdown, a line each. */
  readonly rows: readonly string[]
  readonly after: string
  /** What the rows are, in the plural, and where all of them are. */
  readonly rowsAre: string
  readonly allIn: string
}

/**
 * @returns the sections, cut to what fits into that many bytes, the first ones first. What is cut is counted, also where
 *   a whole section goes; only where not even the counts fit, they are missing.
 */
export function fitSections(sections: readonly Section[], budgetBytes: number): string {
  let left = budgetBytes
  // The longest that they can be: the counts of sections that are still to come have their place.
  let reserved = total(sections.map((section) => bytes(cutNote(section.rows.length, section))))
  let text = ''
  for (const section of sections) {
    const { before, rows, after } = section
    const allCut = cutNote(rows.length, section)
    reserved -= bytes(allCut)
    const sizes = rows.map(bytes)
    let room = left - reserved - bytes(before + after)
    let shown = rows.length
    if (total(sizes) > room) {
      room -= bytes(allCut)
      for (shown = 0; sizes[shown] <= room; shown++) room -= sizes[shown]
    }
    const note = shown < rows.length ? cutNote(rows.length - shown, section) : ''
    const part = shown === 0 ? note : before + rows.slice(0, shown).join('') + after + note
    if (bytes(part) > left) continue
    text += part
    left -= bytes(part)
  }
  return text
}

function bytes(text: string): number {
  return Buffer.byteLength(text)
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}

function cutNote(count: number, { rowsAre, allIn }: Section): string {
  return `\n${count.toLocaleString('en-US')} ${rowsAre} more were cut; ${escapeMarkdown(allIn)} has all.\n`
}
