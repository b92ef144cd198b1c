import { NEVER_EXPIRES } from '../contract/hardware.js'

/** What hardware does and knows of an entry that software changes (src/contract/hardware.ts). */
export interface EntryHardware {
  /** The entry was written: TLBs that take part in coherence have dropped it when this returns. */
  written(space: number, page: number, level: number): void
  /** `Change.expiry` of the leaf in this word, now. */
  expiryOf(word: number): number
}

/** Today's machines. */
export const PLAIN_ENTRIES: EntryHardware = { written: () => {}, expiryOf: () => NEVER_EXPIRES }
