import { WORDS_PER_LINE } from '../../contract/strategy.js'

/** Words of the lines that so many words take: as a stride it keeps elements on lines of their own. */
export function wholeLines(words: number): number {
  return Math.ceil(words / WORDS_PER_LINE) * WORDS_PER_LINE
}
