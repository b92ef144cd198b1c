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
import type { ExploreDevice } from './exploreDevice.js'
import { ACTIVE_SPACE } from './exploreWords.js'
import type { Expiring } from './expiring.js'
import type { HeldEntries } from './heldEntries.js'
import type { TrackedPage, TrackedPages } from './trackedPages.js'

/** Bits whose change makes a cached entry stale. */
const TRANSLATION = PRESENT | PERMISSIONS | (-1 << FRAME_SHIFT)

/**
 * Any CPU may cache any entry that is present and that its loaded root reaches, at any time. Trying
 * that in every state would multiply the states by two for each CPU and page. It is enough to try it
 * at the last moment: a fill commutes with everything but a write of the entry, a flush on the same
 * CPU (which undoes it) and the loading of another root. So just before an entry changes, each set of
 * CPUs that could have filled it is tried, and just before a CPU leaves a space that it keeps entries
 * of, or the host takes it off its processor, each set of pages. A delivery of a broadcast is such a flush, only at a time of the search's choice:
 * an entry filled before it is gone after it, as if it had never been filled, and one that is to be there
 * after it can be filled after it, since the entry has not changed and the root is still loaded. What is cached and agrees with the page table is not in the state at all: no
 * oracle asks for it, and a strategy can see it only by the accessed bit, which the fill sets.
 */
export class Speculation {
  readonly #arena: Arena
  readonly #choices: Choices
  readonly #held: HeldEntries
  readonly #cpus: Placed
  /** The device is the last of them. */
  readonly #holderCount: number
  readonly #device: ExploreDevice
  readonly #tracked: TrackedPages
  readonly #own: Placed | null
  /** For traces. */
  onFill: ((cpu: number, index: number) => void) | null = null
  /** Whether the host has a CPU's processor. */
  isPreempted: (cpu: number) => boolean = () => false
  /** Off while nothing but the machine's own set-up or drain runs, and where fills are actions of their own. */
  isOn = false
  /** Off where the fault's own access leaves the accessed bit clear. */
  marksInstalled = true
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
    device: ExploreDevice,
    own: Placed | null = null,
  ) {
    this.#arena = arena
    this.#choices = choices
    this.#held = held
    this.#cpus = cpus
    this.#device = device
    this.#holderCount = device.holder + 1
    this.#tracked = tracked
    this.#own = own
  }

  /** A word is about to be written; if it is an entry, its translation may change. */
  beforeWrite(word: number, value: number): void {
    if (!this.isOn) return
    const index = this.#tracked.indexOfWord(word)
    if (index < 0) return
    const entry = this.#arena.words[word]
    if ((entry & PRESENT) === 0 || ((entry ^ value) & TRANSLATION) === 0) return
    let candidates = 0
    for (let cpu = 0; cpu < this.#holderCount; cpu++) if (this.couldFill(cpu, index)) candidates++
    if (candidates === 0) return
    let chosen = this.#choices.choose(1 << candidates)
    for (let cpu = 0; cpu < this.#holderCount; cpu++) {
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
    for (let cpu = 0; cpu < this.#device.holder; cpu++) this.#held.drop(cpu, index)
  }

  /**
   * An entry that a fault makes present is accessed at once by the access that has faulted. Taken as
   * one step: the bits would otherwise be set by the first fill, which fails the exchange of whoever
   * changes the entry, and each change would be two steps for nothing.
   */
  installed(word: number, value: number): number {
    if (!this.marksInstalled || (value & PRESENT) === 0 || (this.#arena.words[word] & PRESENT) !== 0)
      return value
    const index = this.#tracked.indexOfWord(word)
    const isInstalled = index >= 0 && this.#tracked.list[index].level === LEVEL_LEAF
    return isInstalled ? value | ACCESSED | ((value & WRITABLE) !== 0 ? DIRTY : 0) : value
  }

  /** A CPU is about to load another root, under which entries of the present space are kept. */
  beforeLeaving(cpu: number, space: number): void {
    if (!this.isOn) return
    this.#fillSome(cpu, (page) => page.space === space)
  }

  /** The host is about to take a CPU away, which walks nothing until it is back and keeps what it has. */
  beforePreemption(cpu: number): void {
    if (this.isOn) this.#fillSome(cpu, () => true)
  }

  /** A CPU is about to drop entries of its own table: what it has cached of them by then stays. */
  beforeDropping(cpu: number, firstPage: number, pageCount: number): void {
    if (!this.isOn) return
    this.#fillSome(cpu, ({ page, level }) => {
      return level === LEVEL_LEAF && page >= firstPage && page < firstPage + pageCount
    })
  }

  /** Tries each set of these pages. */
  #fillSome(cpu: number, isMeant: (page: TrackedPage) => boolean): void {
    const { pages } = this.#held
    const couldFill = (index: number) => isMeant(pages[index]) && this.#isFillable(cpu, index)
    let candidates = 0
    for (let index = 0; index < pages.length; index++) if (couldFill(index)) candidates++
    if (candidates === 0) return
    let chosen = this.#choices.choose(1 << candidates)
    for (let index = 0; index < pages.length; index++) {
      if (!couldFill(index)) continue
      if ((chosen & 1) !== 0) this.fill(cpu, index)
      chosen >>= 1
    }
  }

  couldFill(cpu: number, index: number): boolean {
    return !this.isPreempted(cpu) && this.#isFillable(cpu, index)
  }

  #isFillable(cpu: number, index: number): boolean {
    const { space, onlyCpu } = this.#held.pages[index]
    if (onlyCpu !== undefined && onlyCpu !== cpu) return false
    const { words } = this.#arena
    const word = this.#tracked.wordOf(index)
    if ((words[word] & PRESENT) === 0) return false
    if (!this.#isReached(cpu, space)) return false
    if (!this.#isOwn(cpu, index)) return false
    const isHeld =
      this.#held.entry(cpu, index) !== 0 && this.#held.version(cpu, index) === words[word + STAMP_OFFSET]
    return !isHeld || this.#expiryOf(index) > this.#held.expiry(cpu, index)
  }

  /** By the root that the CPU has loaded, or by the device's own. */
  #isReached(cpu: number, space: number): boolean {
    if (cpu === this.#device.holder) return space === this.#device.space
    if (space === KERNEL_SPACE) return true
    return this.#arena.words[this.#cpus.base + cpu * this.#cpus.stride + ACTIVE_SPACE] === space
  }

  /** A walk of a CPU's own table finds what its faults have put there. The directories above are taken to be shared. */
  #isOwn(cpu: number, index: number): boolean {
    const { space, level } = this.#held.pages[index]
    if (this.#own === null || space === KERNEL_SPACE || level !== LEVEL_LEAF) return true
    if (cpu === this.#device.holder) return true
    return this.#arena.words[this.#own.base + cpu * this.#own.stride + index] !== 0
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
    if (cpu === this.#device.holder) this.#device.filled(index)
    this.onFill?.(cpu, index)
  }

  /** Of what is cached now: later than that of what was cached before. Paging-structure caches do not expire. */
  #expiryOf(index: number): number {
    return this.#tracked.list[index].level === LEVEL_LEAF ? (this.expiring?.expiry ?? 0) : 0
  }
}
