import type { Placed } from '../../contract/strategy.js'
import type { Layout } from '../../machine/layout.js'
import { StepLog } from './stepLog.js'

/** What a CPU is doing, in words of the state. */
export const KIND = 0
/** What KIND needs to be run again: the operation chosen. */
export const PARAM = 1
/** The handler has said AGAIN. */
export const IN_HANDLER = 2
/** An interrupt was sent and not taken; sends to a CPU with one pending coalesce. */
export const PENDING_INTERRUPT = 3
export const OPERATIONS_LEFT = 4
export const TICKS_LEFT = 5
export const SPURIOUS_LEFT = 6
/** The space whose root is loaded. */
export const ACTIVE_SPACE = 7
/** Operand of the ticket that the task waits for. */
export const TICKET_VALUE = 8
/** Stores that wait in this CPU's buffer. */
export const BUFFERED = 9
/** Whether a batch is open. */
export const IN_BATCH = 10
/** Tags with translations of spaces that have another one now (orphanedTags.ts). */
export const ORPHANED_TAGS = 11
/** Tag of each space, 0: it never ran here. */
export const TAGS = 12

/** With the operand of a ticket for a time: it is an expiry, which the clock shows when the wait is over. */
export const IS_EXPIRY = 1 << 30

/** No step is under way. */
export const KIND_NONE = 0
export const KIND_KERNEL = 1
export const KIND_RESUME = 2
export const KIND_INTERRUPT = 3
export const KIND_TICK = 4
export const KIND_OPERATION = 5
/** On its way into idleness, and out of it. */
export const KIND_IDLE = 6
export const KIND_WAKE = 7
/** The host takes the CPU away, and gives it back. */
export const KIND_PREEMPT = 8
export const KIND_REENTER = 9
export const KIND_POLL = 10
export const KIND_ENTER = 11
export const KIND_LEAVE = 12

/** Entries of a CPU's TLB: the entry as cached (0: none), the version of its page-table entry, events that have passed since it went stale, and when it expires (0 where entries do not). */
export const HELD_ENTRY = 0
export const HELD_VERSION = 1
export const HELD_CONDEMNED = 2
export const HELD_EXPIRY = 3
export const HELD_WORDS = 4

/** Changes of a CPU that nobody has claimed to be settled: serial, page, version, flags allowed, obligations. */
export const OPEN_WORDS = 5
export const MOST_OPEN = 12

/** Stores that a buffer holds: word, value. */
export const MOST_BUFFERED = 24

/** Broadcasts of a CPU under way: how many deliveries and broadcasts, then of each the tag, range, stride and CPUs. */
export const BROADCAST_SLOTS = 2
export const BROADCAST_WORDS = 5
export const MOST_BROADCASTS = 4

/** Commands to the device: queued, complete; then for each tracked page the command that drops what is cached now. */
export const DEVICE_QUEUED = 0
export const DEVICE_COMPLETED = 1
export const DEVICE_MARKS = 2

export interface ExploreWords {
  readonly cpus: Placed
  readonly logs: Placed
  /** Per CPU, the device behind them, and tracked page. */
  readonly held: Placed
  /** Per owner (pagetable/parts.ts): how many, then the changes. */
  readonly open: Placed
  readonly buffers: Placed
  readonly broadcasts: Placed
  readonly device: Placed
  /** Per CPU and tracked page: whether the CPU's own table has it. Null where all CPUs walk the shared one. */
  readonly own: Placed | null
  /** The latest time that a wait for a time has reached, and how often waits may still move it (clock.ts). */
  readonly clock: number
  readonly clockMoves: number
}

export function placeExplore(
  layout: Layout,
  cpuCount: number,
  partCount: number,
  spaceCount: number,
  trackedCount: number,
  hasOwnTables: boolean,
): ExploreWords {
  return {
    cpus: layout.lines('cpu', cpuCount, TAGS + spaceCount),
    logs: layout.lines('log', cpuCount, StepLog.words),
    held: layout.lines('tlb', cpuCount + 1, trackedCount * HELD_WORDS),
    open: layout.lines('openChanges', cpuCount * partCount, 1 + MOST_OPEN * OPEN_WORDS),
    buffers: layout.lines('storeBuffer', cpuCount, MOST_BUFFERED * 2),
    broadcasts: layout.lines('broadcast', cpuCount, BROADCAST_SLOTS + MOST_BROADCASTS * BROADCAST_WORDS),
    device: layout.lines('device', 1, DEVICE_MARKS + trackedCount),
    own: hasOwnTables ? layout.lines('ownTable', cpuCount, trackedCount) : null,
    clock: layout.run('clock', 1),
    clockMoves: layout.run('clockMoves', 1),
  }
}
