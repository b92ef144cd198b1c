/**
 * A change is one page-table edit after which some CPU may still hold the old translation.
 *
 * THE INVARIANT of the whole project. For every change and each of its obligations:
 *   1. the entry is written,
 *   2. the change gets its serial (`Port.issued` of this CPU now returns it),
 *   3. the strategy's `changed` has returned and its ticket is satisfied,
 *   4. only then is what the change set free published as held, where any CPU may ask for it.
 * The obligation's event may pass only when the change is settled: no CPU holds, or will hold again,
 * a usable stale entry for it. Swapping 1 and 2 lets somebody flush "everything up to this serial"
 * before the entry is gone; a CPU refills it and the flush is lost. Swapping 3 and 4 lets somebody
 * take the frame before the strategy has noted what it owes for it.
 */

/** Which CPUs can hold a stale entry at all: those on which the space is, or was, active. */
export const SCOPE_SPACE = 1
/** Every CPU: a kernel mapping. */
export const SCOPE_ALL = 2
export type Scope = typeof SCOPE_SPACE | typeof SCOPE_ALL

/** What kind of mapping an entry belongs to; strategies that handle some kinds only select by it. */
export const KIND_USER = 0
export const KIND_DIRECT_MAP = 1
/** User memory whose frames are not in the kernel's direct map while they are mapped. */
export const KIND_GUEST = 2
/** The kernel's own virtual area: its addresses are dealt out to whoever asks, and only the kernel uses them. */
export const KIND_VMALLOC = 3
export const KIND_NAMES = ['user', 'directMap', 'guest', 'vmalloc', 'ephemeral', 'iommu'] as const
export type Kind = number

/**
 * Handed to `changing` and `changed`. The object is reused for every change of a CPU: a strategy
 * copies what it needs into words. Only `tag` may be written, and only in `changed`.
 */
export interface Change {
  /** 32 bits, compared by signed difference; one sequence per CPU. 0 in `changing`, where none is issued yet. */
  serial: number
  /** The operation it belongs to (`Operation.id`). */
  operation: number
  /** Address space, or KERNEL_SPACE. */
  space: number
  scope: Scope
  /** First virtual page and number of 4 KiB pages that the entry translates: 1, or 512 for a 2 MiB leaf. */
  firstPage: number
  pageCount: number
  /** Levels of the tree that the edit touched, as bits: bit 0 a 4 KiB leaf, bit 1 a 2 MiB leaf or the table below it. */
  levels: number
  kind: Kind
  /** The hardware's flags before and after. An entry that was never present makes no change. */
  oldFlags: number
  newFlags: number
  /** Page-table pages are freed by the operation: idle and lazy CPUs count, early acknowledgement is not allowed. */
  tablesFreed: boolean
  /** Bit set of src/contract/obligation.ts. */
  obligations: number
  /** A word of the strategy's own, kept with what the change set free and given back in `demanded` and `covered`. */
  tag: number
}

/** Serials wrap at 2^32. True when `a` was issued at or after `b`, for distances under 2^31. */
export function reachedSerial(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0
}
