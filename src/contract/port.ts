import type { Ticket } from './ticket.js'

/** A run of private words, one bit per CPU: word `set + (cpu >> 5)`, bit `cpu & 31`. The value is the first index. */
export type CpuSet = number

/**
 * Everything that a strategy can see and do, on the CPU that it runs on. Nothing here blocks.
 *
 * Shared words are the strategy's own (`StrategyModule.words`), addressed by the indices that
 * `create` was given. Shared accesses are sequentially consistent; in virtual time each is charged
 * by what its cache line's last writer, the distance and this CPU's copy of the line say, and the
 * explorer can preempt a hook at each of them. Under the explorer's store-buffer option only `store`
 * is buffered; read-modify-writes, `fence` and the interrupts drain the buffer first.
 */
export interface Port {
  /** This CPU, 0 <= id < count. */
  readonly id: number
  readonly count: number
  /** Nanoseconds on this CPU's clock, not before any earlier reading. Time alone never proves a change settled. */
  now(): number

  load(word: number): number
  store(word: number, value: number): void
  /** Read-modify-writes return the value before. Values are signed 32-bit integers and wrap. */
  add(word: number, delta: number): number
  or(word: number, bits: number): number
  and(word: number, bits: number): number
  exchange(word: number, value: number): number
  compareExchange(word: number, expected: number, value: number): number
  fence(): void

  /** This CPU's own words (`StrategyModule.privateWords`): free of charge, never seen by another CPU. */
  get(index: number): number
  set(index: number, value: number): void

  /**
   * Drops this CPU's own translations of a range of 4 KiB pages, one instruction per stride: INVLPG,
   * which also empties the paging-structure cache. Counts into `pages_invalidated`, one per stride.
   * @param stridePages 1, or 512 where the range is mapped by 2 MiB leaves
   */
  invalidate(space: number, firstPage: number, pageCount: number, stridePages: number): void
  /** Drops everything that this CPU caches for the space; for KERNEL_SPACE the same as `invalidateAll`. Counts into `full_flushes`. */
  invalidateSpace(space: number): void
  /** Drops everything, global entries too. Counts into `full_flushes`. */
  invalidateAll(): void

  /**
   * Where each CPU has page tables of its own (`StrategyModule.needs`): clears the entries that this CPU's table
   * has for a range of 4 KiB user pages, so that it faults before it walks to one of them again. What its
   * TLB holds stays. No space is named, because a user address belongs to one space at a time here.
   * @throws Error where the machine has no tables per CPU
   */
  dropOwn(firstPage: number, pageCount: number): void

  /**
   * Where it can (`StrategyModule.needs`: privateFills), from `filling` only: reads the page once through a table of
   * this CPU's own that has this one page, under the same tag, so that its TLB has the entry and the accessed bit
   * of the shared one stays clear. A writable entry is made dirty, as Linux makes those of anonymous
   * memory, or the first write would walk the shared table.
   * @param entry as `Change.entry`
   * @throws Error where the module does not say that it needs them
   */
  fillPrivately(space: number, page: number, entry: number): void

  /**
   * Loads the space's root and runs it under an address-space tag; tags are the strategy's choice.
   * @param keep false: drop what the tag still holds (the flush of an untagged switch; not counted)
   */
  activate(space: number, tag: number, keep: boolean): void

  /** Interrupts. Each target counts into `ipis`, a call that reaches at least one into `flush_rounds`. */
  interruptOne(target: number): void
  /** `targets` must not contain this CPU. */
  interruptSet(targets: CpuSet): void
  interruptAllButSelf(): void

  /**
   * Where the hardware has it (`StrategyModule.needs`): tells every CPU, this one included, to drop what
   * it holds under an address-space tag in a range of 4 KiB pages, and the tag's part of its
   * paging-structure cache. Each CPU does so at a time of its own, in any order among several
   * broadcasts, without an interrupt and whatever it is doing; until then it may use the entries. A
   * user tag leaves global entries alone. Orders nothing: plain stores made before may become visible
   * after. AMD64 APM vol. 3, INVLPGB (weakly ordered); Linux arch/x86/include/asm/tlb.h. Arm's TLBI
   * needs a barrier before it for the same reason. Counts into `broadcasts`, one for each operation of
   * the hardware that the range takes, and into nothing else.
   * @param tag that of `activate`, or GLOBAL_TAG for kernel mappings; what a CPU has under another tag stays
   * @param pageCount pages of 4 KiB from `firstPage` on, or WHOLE_TAG: all that is under the tag
   * @param stridePages 1, or 512 where the range is mapped by 2 MiB leaves
   * @throws Error where the machine has no broadcasts, or for a page count that is none
   */
  broadcast(tag: number, firstPage: number, pageCount: number, stridePages: number): void
  /**
   * Satisfied when all that this CPU, and no other, has broadcast has taken effect on every CPU; that may
   * include what it broadcasts while it waits. Satisfied at once when nothing is under way, but a ticket
   * that waits all the same. A full barrier. AMD64 APM vol. 3, TLBSYNC.
   * @throws Error where the machine has no broadcasts
   */
  broadcastSync(): Ticket

  /**
   * Where the machine has an IOMMU (`needs: ['iommu']`): queues a command that drops the device's translations
   * of a range. The commands of all CPUs stand in one queue and are carried out in order, each after the translations that
   * were under way when it began. Counts into `deviceInvalidations`. Intel VT-d specification, 6.5.2.
   * @returns the command's number, see `deviceCompleted`
   * @throws Error where the machine has no IOMMU, or no tape a device
   */
  invalidateDevice(firstPage: number, pageCount: number): number
  /** As `invalidateDevice`, of all translations. Counts into `deviceFlushes`. */
  flushDevice(): number
  /** The number of the last command that is complete, with all before it; numbers wrap. The head of the queue. */
  deviceCompleted(): number
  /** Satisfied when all that was queued so far is complete: a wait descriptor. A ticket that waits in any case. */
  deviceSync(): Ticket

  /**
   * Hardware `expiring`: has every TLB entry that this expiry (`Change.expiry`) is about become a miss? By the
   * clock that refuses them, so that, other than `now`, it does prove something. A true answer stays true for
   * half an hour (an expiry is 32 bits of microseconds). Of NEVER_EXPIRES always false.
   */
  hasExpired(expiry: number): boolean
  /** Satisfied when `hasExpired` is true. Not of NEVER_EXPIRES. */
  untilExpired(expiry: number): Ticket
  /**
   * Hardware `directory`: looks each page up, and drops it from the TLBs that hold it, this CPU's
   * included, without an interrupt; empties the paging-structure cache of every CPU. All of it is done when
   * the call returns, so it is to come after the entry's write.
   */
  invalidateSharers(space: number, firstPage: number, pageCount: number): void

  /**
   * A countdown of `count` acknowledgements, as a ticket for this CPU's task; `count` 0 gives DONE.
   * The hook that arms returns the ticket: at most one is armed. A round that nobody waits for counts
   * down a word of the strategy's own with `add`, whose result tells who is the last.
   */
  arm(count: number): Ticket
  /** Takes one from another CPU's countdown; the last one wakes the waiter. A full barrier. */
  acknowledge(ticket: Ticket): void
  /** Satisfied when the word is 0. The word is armed again by its waiter only. */
  zero(word: number): Ticket
  /** Satisfied when the word's value has reached `value` by signed difference. */
  reached(word: number, value: number): Ticket
  /** Satisfied at a time of this CPU's clock, nanoseconds. */
  at(timeNs: number): Ticket

  /**
   * The last serial that a CPU has issued. Whoever settles for another reads this first, THEN flushes,
   * then settles what it read: in any other order a change issued in between is settled unflushed.
   */
  issued(owner: number): number
  /** Claims that all changes of `owner` up to `serial` are settled. An atomic maximum; any CPU may call it. */
  settle(owner: number, serial: number): void
  /** The watermark that `settle` moves. */
  settledUpTo(owner: number): number
}
