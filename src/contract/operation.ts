/**
 * An operation is what brackets changes: `began`, any number of changes, `finished`.
 *
 * Operations nest. The level says what the bracket means, the depth where it stands: a batching
 * strategy flushes when the operation of depth 0 finishes, whatever its level.
 */

/** One range inside a batch. Its end is no event: what is due at return is due when the batch ends. */
export const LEVEL_RANGE = 0
/** One system call or one fault on its own. Its end is its return. */
export const LEVEL_CALL = 1
/** Several ranges whose returns count together: a vectored advise, a reclaim scan. Its end is the return of all. */
export const LEVEL_BATCH = 2

export const OPERATION_UNMAP = 0
export const OPERATION_PROTECT = 1
/** Drop the frames, keep the mapping: `madvise(MADV_DONTNEED)`. */
export const OPERATION_ADVISE_AWAY = 2
/** Take a page out of the kernel's direct map before it is handed to a guest or a secret mapping. */
export const OPERATION_ZAP_DIRECT = 3
export const OPERATION_BATCH = 4
/** Write-protect and clean what is dirty, then begin to write it out: `msync`, page cleaning before reclaim. */
export const OPERATION_WRITE_OUT = 5
export const OPERATION_NAMES = [
  'unmap',
  'protect',
  'adviseAway',
  'zapDirect',
  'batch',
  'writeOut',
  'put',
  'teardown',
] as const

/** Reused for every operation of a CPU and depth: copy what is needed. */
export interface Operation {
  /** Counts up per CPU. */
  id: number
  depth: number
  level: number
  kind: number
  /** -1 for a batch: its ranges may lie in several spaces. */
  space: number
  /** 4 KiB pages; an operation of level batch has none (count 0). */
  firstPage: number
  pageCount: number
  /** The whole space is torn down; nobody will run it again. */
  wholeSpace: boolean
  /**
   * Another operation on the same space was open at some time during this one, on another CPU. An
   * operation is open until its end is disposed of, after the ticket of its `finished`. Known in
   * `finished` only; an operation inside a batch shares the answer of the batch. Linux widens its flush then: entries that this operation saw empty may
   * have been emptied by the other one, which has not flushed yet.
   */
  crowded: boolean
}
