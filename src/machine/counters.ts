/** What every CPU counts, as indices into its row of counters. Summed over CPUs they are the columns of the results. */
export const COUNTER_NAMES = [
  'ipis',
  'flushRounds',
  'pagesInvalidated',
  'fullFlushes',
  'tlbMisses',
  'accesses',
  'passedOver',
  'faults',
  'spuriousFaults',
  'interruptsTaken',
  'demands',
  'broadcasts',
  'broadcastSyncs',
  'deviceAccesses',
  'deviceMisses',
  'deviceInvalidations',
  'deviceFlushes',
  'coherenceMessages',
] as const

export const COUNT_IPIS = 0
/** Decisions to reach other CPUs: calls of an interrupt primitive with at least one target. */
export const COUNT_FLUSH_ROUNDS = 1
export const COUNT_PAGES_INVALIDATED = 2
export const COUNT_FULL_FLUSHES = 3
/** Walks: misses of both TLB levels. */
export const COUNT_TLB_MISSES = 4
export const COUNT_ACCESSES = 5
/** Accesses that the mapping does not allow, or whose mapping is gone: the program would have been killed, the tape goes on. */
export const COUNT_PASSED_OVER = 6
export const COUNT_FAULTS = 7
export const COUNT_SPURIOUS_FAULTS = 8
export const COUNT_INTERRUPTS_TAKEN = 9
export const COUNT_DEMANDS = 10
/** Operations of the hardware that one CPU broadcast to all; a long range takes several. */
export const COUNT_BROADCASTS = 11
export const COUNT_BROADCAST_SYNCS = 12
/** Pages that the device has read or written, and those of them whose translation was not cached. */
export const COUNT_DEVICE_ACCESSES = 13
export const COUNT_DEVICE_MISSES = 14
/** Commands to the IOMMU: those that name a range, and those that name everything. */
export const COUNT_DEVICE_INVALIDATIONS = 15
export const COUNT_DEVICE_FLUSHES = 16
/** Messages by which hardware drops an entry from the TLB of another CPU, without an interrupt: one for each that held it. */
export const COUNT_COHERENCE_MESSAGES = 17
