/**
 * What the machine charges for, as indices: a profile gives each a time, `sim` adds it to the CPU's
 * clock, `threads` charges nothing because there the time passes by itself.
 */
export const COST_NAMES = [
  'access',
  'secondLevelHit',
  'walkStart',
  'walkLevel',
  'entryWrite',
  'systemCall',
  'fault',
  'invalidatePage',
  'flushSpace',
  'flushAll',
  'switchSpace',
  'interruptSend',
  'interruptEntry',
  'interruptExit',
  'lineHit',
  'atomic',
  'lineSibling',
  'lineSameSocket',
  'lineOtherSocket',
  'deliverSibling',
  'deliverSameSocket',
  'deliverOtherSocket',
  'spin',
] as const

/** A user or kernel access that hits the first-level TLB. */
export const COST_ACCESS = 0
/** Added when the second level has it. */
export const COST_SECOND_LEVEL_HIT = 1
export const COST_WALK_START = 2
/** Per page-table level that the paging-structure cache did not spare. */
export const COST_WALK_LEVEL = 3
export const COST_ENTRY_WRITE = 4
export const COST_SYSTEM_CALL = 5
/** A page fault without its flushes: entry, handling, a zeroed frame, return. */
export const COST_FAULT = 6
export const COST_INVALIDATE_PAGE = 7
export const COST_FLUSH_SPACE = 8
export const COST_FLUSH_ALL = 9
export const COST_SWITCH_SPACE = 10
/** Per target, serial on the sender. */
export const COST_INTERRUPT_SEND = 11
export const COST_INTERRUPT_ENTRY = 12
export const COST_INTERRUPT_EXIT = 13
/** A shared word whose line this CPU has in its present version. */
export const COST_LINE_HIT = 14
/** Added by a read-modify-write. */
export const COST_ATOMIC = 15
/** A line's transfer, by the distance to its last writer. The three distances stand in a row. */
export const COST_LINE_SIBLING = 16
/** From send to the first instruction that could be the handler's, by distance. The three stand in a row. */
export const COST_DELIVER_SIBLING = 19
/** One turn of a loop that waits for a lock. */
export const COST_SPIN = 22

/** What only machines with broadcasts charge for; indices behind those of COST_NAMES. */
export const BROADCAST_COST_NAMES = ['issue', 'sync', 'reach', 'reachEach'] as const

/** One operation of the hardware, on the CPU that broadcasts. */
export const COST_BROADCAST_ISSUE = 23
/** The barrier that waits for broadcasts, beside the waiting. */
export const COST_BROADCAST_SYNC = 24
/** From a broadcast until the first CPU, the sender, has dropped what it names. It passes; nobody is charged. */
export const COST_BROADCAST_REACH = 25
/** How much later each further CPU has. */
export const COST_BROADCAST_REACH_EACH = 26

/** What only machines with an IOMMU charge for; indices behind those. */
export const IOMMU_COST_NAMES = ['access', 'miss', 'command', 'invalidate', 'flush'] as const

/** One page that the device reads or writes through a cached translation. */
export const COST_DEVICE_ACCESS = 27
/** Added where it is not cached. */
export const COST_DEVICE_MISS = 28
/** Queueing one command: descriptor and tail register, on the CPU that does it. */
export const COST_DEVICE_COMMAND = 29
/** From the turn of a command that names a range until it is complete and says so. It passes; nobody is charged. */
export const COST_DEVICE_INVALIDATE = 30
/** The same of one that names everything. */
export const COST_DEVICE_FLUSH = 31

/** What only virtual machines charge for; indices behind those of IOMMU_COST_NAMES. */
export const VCPU_COST_NAMES = ['exit', 'entry'] as const

/** The host takes a virtual CPU off its processor: from the guest's last instruction to the host's first. */
export const COST_VCPU_EXIT = 32
/** And back. */
export const COST_VCPU_ENTRY = 33

/** What only machines charge for whose TLBs know more (src/contract/hardware.ts); indices behind those of VCPU_COST_NAMES. */
export const EXPIRING_COST_NAMES = ['stamp', 'read'] as const
export const COHERENT_COST_NAMES = ['message'] as const
export const DIRECTORY_COST_NAMES = ['lookUp', 'message'] as const

/** A walk raises the expiry beside the entry. */
export const COST_EXPIRY_STAMP = 34
/** Software reads it after it has written the entry. */
export const COST_EXPIRY_READ = 35
/** To each other CPU that holds the entry, on the CPU that writes it. */
export const COST_COHERENCE_MESSAGE = 36
/** Of one page, and to each other CPU that holds it, on the CPU that asks. */
export const COST_DIRECTORY_LOOK_UP = 37
export const COST_DIRECTORY_MESSAGE = 38

/** Where costs go. */
export interface Meter {
  charge(cost: number, count: number): void
}
