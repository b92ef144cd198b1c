import {
  ACCESSED,
  DIRTY,
  FRAME_SHIFT,
  KERNEL_SPACE,
  PERMISSIONS,
  PRESENT,
  WRITABLE,
} from '../../contract/page.js'
import type { Placed } from '../../contract/strategy.js'
import { STAMP_OFFSET } from '../../machine/tables.js'
import { LEVEL_LEAF } from '../../pagetable/passedEvent.js'
import type { Arena } from './arena.js'
import type { Choices } from './choices.js'
import { ACTIVE_SPACE } from './exploreWords.js'
import type { Expiring } from './expiring.js'
import type { HeldEntries } from './heldEntries.js'
import type { TrackedPages } from './trackedPages.js'

/** Bits whose change makes a cached entry stale. */
const TRANSLATION = PRESENT | PERMISSIONS | (-1 << FRAME_SHIFT)

/**
 * Any CPU may cache any entry that is present and that its loaded root reaches, at any time. Trying
 * that in every state would multiply the states by two for each CPU and page. It is enough to try it
 * at the last moment: a fill commutes with everything but a write of the entry, a flush on the same
 * CPU (which undoes it) and the loading of another root. So just before an entry changes, each set of
 * CPUs that could have filled it is tried, and just before a CPU leaves a space that it keeps entries
 * of, each set of pages. A delivery of a broadcast is such a flush, only at a time of the search's choice:
 * an entry filled before it is gone after it, as if it had never been filled, and one that is to be there
 * after it can be filled after it, since the entry has not changed and the root is still loaded. What is cached and agrees with the page table is not in the state at all: no
 * oracle asks for it, and a strategy can see it only by the accessed bit, which the fill sets.
 */
export class Speculation {
  readonly #arena: Arena
  readonly #choices: Choices
  readonly #held: HeldEntries
  readonly #cpus: Placed
  readonly #cpuCount: number
  readonly #tracked: TrackedPages
  /** For traces. */
  onFill: ((cpu: number, index: number) => void) | null = null
  /** Off while nothing but the machine's own set-up or drain runs, and where fills are actions of their own. */
  isOn = false
  /** Null where entries do not expire. */
  expiring: Expiring | null = null
  /** Whether TLBs drop an entry as part of its write. */
  isCoherent = false

  constructor(
    arena: Arena,
    choices: Choices,
    tracked: TrackedPages,
    held: HeldEntries,
    cpus: Placed,
    cpuCount: number,
  ) {
    this.#arena = arena
    this.#choices = choices
    this.#held = held
    this.#cpus = cpus
    this.#cpuCount = cpuCount
    this.#tracked = tracked
  }

  /** A word is about to be written; if it is an entry, its translation may change. */
  beforeWrite(word: number, value: number): void {
    if (!this.isOn) return
    const index = this.#tracked.indexOfWord(word)
    if (index < 0) return
    const entry = this.#arena.words[word]
    if ((entry & PRESENT) === 0 || ((entry ^ value) & TRANSLATION) === 0) return
    let candidates = 0
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) if (this.couldFill(cpu, index)) candidates++
    if (candidates === 0) return
    let chosen = this.#choices.choose(1 << candidates)
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) {
      if (!this.couldFill(cpu, index)) continue
      if ((chosen & 1) !== 0) this.fill(cpu, index)
      chosen >>= 1
    }
  }

  /** A word was written; if it is an entry that translates otherwise now, hardware may have told the TLBs. */
  afterWrite(word: number, before: number, value: number): void {
    if (!this.isCoherent || ((before ^ value) & TRANSLATION) === 0) return
    const index = this.#tracked.indexOfWord(word)
    if (index < 0) return
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) this.#held.drop(cpu, index)
  }

  /**
   * An entry that a fault makes present is accessed at once by the access that has faulted. Taken as
   * one step: the bits would otherwise be set by the first fill, which fails the exchange of whoever
   * changes the entry, and each change would be two steps for nothing.
   */
  installed(word: number, value: number): number {
    if ((value & PRESENT) === 0 || (this.#arena.words[word] & PRESENT) !== 0) return value
    const index = this.#tracked.indexOfWord(word)
    const isInstalled = index >= 0 && this.#tracked.list[index].level === LEVEL_LEAF
    return isInstalled ? value | ACCESSED | ((value & WRITABLE) !== 0 ? DIRTY : 0) : value
  }

  /** A CPU is about to load another root, under which entries of the present space are kept. */
  beforeLeaving(cpu: number, space: number): void {
    if (!this.isOn) return
    const { pages } = this.#held
    let candidates = 0
    for (let index = 0; index < pages.length; index++) {
      if (pages[index].space === space && this.couldFill(cpu, index)) candidates++
    }
    if (candidates === 0) return
    let chosen = this.#choices.choose(1 << candidates)
    for (let index = 0; index < pages.length; index++) {
      if (pages[index].space !== space || !this.couldFill(cpu, index)) continue
      if ((chosen & 1) !== 0) this.fill(cpu, index)
      chosen >>= 1
    }
  }

  couldFill(cpu: number, index: number): boolean {
    const { space } = this.#held.pages[index]
    const { words } = this.#arena
    const word = this.#tracked.wordOf(index)
    if ((words[word] & PRESENT) === 0) return false
    if (space !== KERNEL_SPACE && words[this.#cpus.base + cpu * this.#cpus.stride + ACTIVE_SPACE] !== space)
      return false
    const isHeld =
      this.#held.entry(cpu, index) !== 0 && this.#held.version(cpu, index) === words[word + STAMP_OFFSET]
    return !isHeld || this.#expiryOf(index) > this.#held.expiry(cpu, index)
  }

  /** As after a store where the entry allows one: that is the more dangerous of the two. */
  fill(cpu: number, index: number): void {
    const word = this.#tracked.wordOf(index)
    const { words } = this.#arena
    const isLeaf = this.#tracked.list[index].level === LEVEL_LEAF
    const marks = isLeaf ? ACCESSED | ((words[word] & WRITABLE) !== 0 ? DIRTY : 0) : 0
    this.#arena.set(word, words[word] | marks)
    if (isLeaf) this.expiring?.stamp(word)
    this.#held.fill(cpu, index, words[word], words[word + STAMP_OFFSET], this.#expiryOf(index))
    this.onFill?.(cpu, index)
  }

  /** Of what is cached now: later than that of what was cached before. Paging-structure caches do not expire. */
  #expiryOf(index: number): number {
    return this.#tracked.list[index].level === LEVEL_LEAF ? (this.expiring?.expiry ?? 0) : 0
  }
}
