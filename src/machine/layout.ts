import { WORDS_PER_LINE, type Placed, type WordBlock } from '../contract/strategy.js'

/**
 * Places named blocks of words one behind the other, each on a line of its own, and can name any
 * word again. Word 0 is never handed out, so that 0 can mean "none" wherever a word index is kept.
 */
export class Layout {
  #next = WORDS_PER_LINE
  readonly #blocks: { name: string; base: number; count: number; stride: number }[] = []

  place(name: string, block: WordBlock): Placed {
    const base = this.#next
    this.#blocks.push({ name, base, count: block.count, stride: block.stride })
    const words = Math.max(0, block.count * block.stride)
    this.#next = base + Math.ceil(words / WORDS_PER_LINE) * WORDS_PER_LINE
    return { base, stride: block.stride }
  }

  /** A run of `count` neighbouring words; the index of the first. */
  run(name: string, count: number): number {
    return this.place(name, { count, stride: 1 }).base
  }

  /** `count` elements, each starting a line of its own and `words` long. */
  lines(name: string, count: number, words = 1): Placed {
    const stride = Math.ceil(words / WORDS_PER_LINE) * WORDS_PER_LINE
    return this.place(name, { count, stride })
  }

  get wordCount(): number {
    return this.#next
  }

  /** `request[3]+1`: block, element, word inside the element. For traces and watchdogs. */
  nameOf(word: number): string {
    for (const { name, base, count, stride } of this.#blocks) {
      if (word < base || word >= base + count * stride) continue
      const inside = (word - base) % stride
      const element = `${name}[${(word - base - inside) / stride}]`
      return inside === 0 ? element : `${element}+${inside}`
    }
    return `word ${word}`
  }
}
