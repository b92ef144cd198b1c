/**
 * Obligations: the events that must not pass while some CPU holds a *usable* stale translation.
 *
 * A change carries a set of them (a bit mask), because one system call can owe several things:
 * `munmap` owes that the page is observed gone (SEEN), that its frame is not given away
 * (FRAME_REUSE) and that its address is not populated again (VA_REUSE). One number per change would
 * force the strictest of them on every strategy, and nothing could be lazy.
 */

/** The operation returns, and an unmapped page must be observed gone. Soft: POSIX expects it, memory safety does not. */
export const SEEN = 1 << 0
/** The operation returns, and a permission, a memory type or an owner was taken away. Hard: no contract but `none` waives it. */
export const REVOKE = 1 << 1
/** The lock that protects the entry is released. */
export const UNLOCK = 1 << 2
/** Another valid entry is written for the same address (break-before-make machines). */
export const NEW_ENTRY = 1 << 3
/** The write-out of a dirty page begins. */
export const IO = 1 << 4
/** The page is handed to a party that is not trusted. Counts for idle CPUs and speculation too. */
export const EXPOSE = 1 << 5
/** The frame gets a new owner. */
export const FRAME_REUSE = 1 << 6
/** The address is populated again. */
export const VA_REUSE = 1 << 7
/** A page-table page gets another use. Counts for idle CPUs and speculation too. */
export const TABLE_REUSE = 1 << 8
/** None that could be broken: a stale entry costs at most one spurious fault. */
export const RELAXED = 1 << 9

/** Those for which idle CPUs, CPUs in handlers and speculation count: any walk, not only a step that uses the entry. */
export const WALK_REACH: number = EXPOSE | TABLE_REUSE | NEW_ENTRY

/** In the order of the bits; used by messages and by the rules table. */
export const OBLIGATION_NAMES = [
  'seen',
  'revoke',
  'unlock',
  'newEntry',
  'io',
  'expose',
  'frameReuse',
  'vaReuse',
  'tableReuse',
  'relaxed',
] as const

/** The obligations that need any CPU to drop anything. */
export const BINDING: number = ~RELAXED

/**
 * What a strategy promises. Results are ranked within one contract only.
 *
 * | contract | SEEN            | REVOKE    | EXPOSE          | all others         |
 * |----------|-----------------|-----------|-----------------|--------------------|
 * | return   | at return       | at return | at exposure     | at the event       |
 * | bounded  | within deadline | at return | within deadline | at the event       |
 * | reuse    | waived          | at return | at exposure     | at the event       |
 * | none     | waived          | waived    | waived          | waived and counted |
 */
export type Contract = 'return' | 'bounded' | 'reuse' | 'none'

export const CONTRACTS: readonly Contract[] = ['return', 'bounded', 'reuse', 'none']

/** The obligations that a strategy of this contract does not have to honour. The oracle counts them under `none` only. */
export function waivedBy(contract: Contract): number {
  if (contract === 'reuse') return SEEN
  if (contract === 'none') return BINDING
  return 0
}

/** The obligations whose event is the return of the operation, and that the kernel side therefore demands then. */
export function dueAtReturn(contract: Contract): number {
  if (contract === 'return') return SEEN | REVOKE
  if (contract === 'none') return 0
  return REVOKE
}

/** The obligations whose event may pass unsettled, because the contract promises that they are settled soon after. */
export function dueWithinDeadline(contract: Contract): number {
  return contract === 'bounded' ? SEEN | EXPOSE : 0
}

/**
 * What a demand that was answered is evidence for. Each obligation for itself: a strategy may settle the
 * reuse of a frame inside its space and not that of its address. Three are asked for only when no CPU
 * may have the translation at all: REVOKE for those that can be used, EXPOSE for idle CPUs and speculation
 * too, TABLE_REUSE for what lies above the leaf as well.
 */
export function provenBy(obligation: number): number {
  if (obligation === TABLE_REUSE) return BINDING
  if (obligation === EXPOSE) return BINDING & ~TABLE_REUSE
  if (obligation === REVOKE) return BINDING & ~WALK_REACH
  // Nobody has the translation of that address any more, so nobody can use it.
  if (obligation === NEW_ENTRY) return NEW_ENTRY | VA_REUSE
  return obligation
}
