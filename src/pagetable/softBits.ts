/** Bits of an entry that hardware ignores and the page-table library uses. */

/** Locked by the operation that is changing it, until that is settled or has handed the entry over. */
export const BUSY = 1 << 8
/** Changed, and the change may be unsettled: owner, serial and tag stand in the entry's companion words. */
export const PENDING = 1 << 9
/** Write permission was taken away while the page was not present: a fault must not grant it. */
export const READ_ONLY = 1 << 10
/** Write permission was taken away only to see the next store: a fault gives it back. */
export const CLEANED = 1 << 11
