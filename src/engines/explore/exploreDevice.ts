import type { Placed } from '../../contract/strategy.js'
import { NOT_TRANSLATED, type Device } from '../../pagetable/device.js'
import type { Arena } from './arena.js'
import { DEVICE_COMPLETED, DEVICE_MARKS, DEVICE_QUEUED } from './exploreWords.js'
import type { HeldEntries } from './heldEntries.js'

export interface ExploreDeviceParts {
  readonly arena: Arena
  readonly placed: Placed
  readonly held: HeldEntries
  /** The device stands behind the CPUs where it is counted who holds what. */
  readonly holder: number
  /** -1: the case has no device. */
  readonly space: number
  readonly isStrict: boolean
}

/**
 * The device and its commands. It accesses nothing of its own accord: it may cache what is mapped at any time, as CPUs
 * do (speculation.ts), and what it has cached it can use at once. A command drops, when it is complete, what was
 * cached when it was queued, and nothing else: for each entry by itself that is one of the times at which hardware may
 * have dropped it, and for whoever relies on it the worst one. It is complete when somebody has waited for it or looks.
 *
 * It is never trusted: frames and addresses are owed both, which asks for more than addresses alone.
 */
export class ExploreDevice implements Device {
  readonly #parts: ExploreDeviceParts
  readonly holder: number
  readonly space: number
  readonly isStrict: boolean
  readonly isTrusted = false

  constructor(parts: ExploreDeviceParts) {
    this.#parts = parts
    this.holder = parts.holder
    this.space = parts.space
    this.isStrict = parts.isStrict
  }

  translate(): typeof NOT_TRANSLATED {
    return NOT_TRANSLATED
  }

  get isThere(): boolean {
    return this.space >= 0
  }

  demand(): void {
    if (!this.isThere) throw new Error('the strategy commands the IOMMU, and the case has no device')
  }

  #get(word: number): number {
    return this.#parts.arena.words[this.#parts.placed.base + word]
  }

  #set(word: number, value: number): void {
    this.#parts.arena.set(this.#parts.placed.base + word, value)
  }

  /** Counts the commands that are complete. */
  get completedWord(): number {
    return this.#parts.placed.base + DEVICE_COMPLETED
  }

  get queued(): number {
    return this.#get(DEVICE_QUEUED)
  }

  /**
   * @param pageCount Infinity: everything
   * @returns the command's number
   */
  queue(firstPage: number, pageCount: number): number {
    const { held } = this.#parts
    const number = this.#get(DEVICE_QUEUED) + 1
    this.#set(DEVICE_QUEUED, number)
    for (let index = 0; index < held.pages.length; index++) {
      const { page, space } = held.pages[index]
      const isNamed = space === this.space && page >= firstPage && page - firstPage < pageCount
      // An earlier command, if any, comes first.
      if (isNamed && held.entry(this.holder, index) !== 0 && this.#get(DEVICE_MARKS + index) === 0)
        this.#set(DEVICE_MARKS + index, number)
    }
    return number
  }

  /** All commands up to this number are complete. */
  complete(upTo: number): void {
    const { held } = this.#parts
    if (this.#get(DEVICE_COMPLETED) < upTo) this.#set(DEVICE_COMPLETED, upTo)
    for (let index = 0; index < held.pages.length; index++) {
      const mark = this.#get(DEVICE_MARKS + index)
      if (mark === 0 || mark > upTo) continue
      this.#set(DEVICE_MARKS + index, 0)
      held.drop(this.holder, index)
    }
  }

  /** The device caches the page anew: what was cached when a command was queued is not there any more. */
  filled(index: number): void {
    if (this.#get(DEVICE_MARKS + index) !== 0) this.#set(DEVICE_MARKS + index, 0)
  }
}
