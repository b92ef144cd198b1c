import type { Layout } from '../machine/layout.js'
import type { Memory } from '../machine/memory.js'
import type { PassedEvent } from '../pagetable/passedEvent.js'

/**
 * Events that have passed, in shared words: whoever lets an obligation's event pass writes a record,
 * every CPU reads the new ones where it could start a step and probes its own TLB. So no CPU ever
 * looks into another's TLB, the path of a hit stays as it is, and the same code judges `threads` and
 * `sim`.
 */
const READY = 0
const OBLIGATION = 1
const OWNER = 2
const SPACE = 3
const PAGE = 4
const STAMP = 5
const FRAME = 6
const ALLOWED = 7
const NEEDED = 8
const LEVEL = 9
const RECORD_WORDS = 10

/** A CPU that sleeps through this many events has lost some; the run then says that it proves nothing. */
const RECORDS = 1 << 15

export interface OracleWords {
  readonly clock: number
  readonly head: number
  readonly records: number
}

export function placeOracle(layout: Layout, isFull: boolean): OracleWords {
  return {
    clock: layout.run('oracleClock', 1),
    head: layout.run('journalHead', 1),
    records: layout.run('journal', isFull ? RECORDS * RECORD_WORDS : 1),
  }
}

export class Journal {
  readonly #memory: Memory
  readonly #words: OracleWords
  #cursor = 0
  /** Events that were overwritten before this CPU read them. */
  lost = 0

  constructor(memory: Memory, words: OracleWords) {
    this.#memory = memory
    this.#words = words
  }

  append(event: PassedEvent): void {
    const memory = this.#memory
    const index = memory.add(this.#words.head, 1)
    const at = this.#words.records + (index % RECORDS) * RECORD_WORDS
    memory.poke(at + OBLIGATION, event.obligation)
    memory.poke(at + OWNER, event.owner)
    memory.poke(at + SPACE, event.space)
    memory.poke(at + PAGE, event.page)
    memory.poke(at + STAMP, event.stamp)
    memory.poke(at + FRAME, event.frame)
    memory.poke(at + ALLOWED, event.allowed)
    memory.poke(at + NEEDED, event.needed)
    memory.poke(at + LEVEL, event.level)
    memory.store(at + READY, index + 1)
  }

  /** What lies before that is not read any more. */
  skipTo(head: number): void {
    if (head > this.#cursor) this.#cursor = head
  }

  /** How many events there are by now; `next` reads up to this, so that later ones wait for the next poll. */
  get head(): number {
    return this.#memory.load(this.#words.head)
  }

  get isBehind(): boolean {
    return this.#cursor !== this.#memory.load(this.#words.head)
  }

  /** Reads the next record below `head` into `event`; false when there is none yet. */
  next(head: number, event: PassedEvent): boolean {
    if (this.#cursor >= head) return false
    if (head - this.#cursor > RECORDS) {
      this.lost += head - this.#cursor - RECORDS
      this.#cursor = head - RECORDS
    }
    const memory = this.#memory
    const at = this.#words.records + (this.#cursor % RECORDS) * RECORD_WORDS
    const ready = memory.load(at + READY)
    if (ready < this.#cursor + 1) return false
    event.obligation = memory.peek(at + OBLIGATION)
    event.owner = memory.peek(at + OWNER)
    event.space = memory.peek(at + SPACE)
    event.page = memory.peek(at + PAGE)
    event.stamp = memory.peek(at + STAMP)
    event.frame = memory.peek(at + FRAME)
    event.allowed = memory.peek(at + ALLOWED)
    event.needed = memory.peek(at + NEEDED)
    event.level = memory.peek(at + LEVEL)
    this.#cursor++
    if (memory.load(at + READY) === this.#cursor) return true
    // Overwritten while it was read: what was read may be of two records.
    this.lost++
    return this.next(head, event)
  }
}
