import type { Change, Kind } from './change.js'
import type { Hardware } from './hardware.js'
import type { Contract } from './obligation.js'
import type { Operation } from './operation.js'
import type { ParameterSpecs, Parameters, Preset } from './parameter.js'
import type { Port } from './port.js'
import type { AGAIN, DONE, Ticket } from './ticket.js'

/**
 * What the kernel side asks for when it reaches an obligation's event and a change is not covered.
 * Reused: copy what is needed.
 */
export interface Demand {
  /** The one obligation whose event is next. */
  obligation: number
  /** The uncovered changes: `count` entries of the four arrays, in the order in which they were issued per owner. */
  count: number
  owners: Int32Array
  serials: Int32Array
  tags: Int32Array
  /** The space that each change was made in. */
  spaces: Int32Array
  /** The space that gets the frame or address next, or -1. A change of owner inside one space can be exempt (page recycling). */
  newOwner: number
  /** The asker can cope without (an ephemeral window, a pool of blocks): REFUSED is an answer. */
  mayFail: boolean
  /**
   * The asker may wait for other tasks' progress, not only for hardware and handlers: it holds nothing that they
   * could need, and has no operation open. Only where the strategy `assumes` that it sleeps.
   */
  maySleep: boolean
}

/**
 * A flush strategy. ONE FILE in src/strategies/ whose default export is a StrategyModule.
 *
 * A strategy keeps all state in words: the object is created anew at any time (the conformance suite
 * does so before every hook), in `threads` there is one object per worker and in `sim` one for all
 * CPUs. It never blocks and allocates nothing in a hook. It may use the port only: no `Atomics`, no
 * clock, no randomness of its own, so that the same code runs on real threads, in virtual time and
 * under the explorer.
 *
 * Order of an operation: `began`; per entry `changing`, the write, `changed`; `finished`; `demanded`
 * for what is due and not covered; the return. After each hook the kernel side waits for the ticket
 * and calls `resumed`, until DONE or SETTLED. After a demand's ticket is DONE the kernel side goes on,
 * covered or not: what is then stale and usable is a violation, and the oracle's to find.
 *
 * Rules
 *  1. The set of CPUs that may hold a space is strategy state: its races and its contended line are
 *     part of what is measured (shared/holders.ts is the default). What each TLB really holds
 *     is known to the machine, and told to the oracle only.
 *  2. A CPU that waits takes interrupts, for a ticket and for a kernel lock alike. Handlers never nest.
 *     An entry that a CPU changes is locked until its operation is settled or hands it over; a second
 *     operation that then finds it empty demands the first one's change before it returns.
 *  3. A ticket depends on hardware and on other CPUs' handlers only; on another task's progress only
 *     where the demand may sleep. Before a CPU waits for a demand its own open changes are demanded.
 *  4. A round without a waiter is settled by its last acknowledger.
 *  5. A word waited on with `zero` is armed again by its waiter only.
 *  6. Interrupts may be spurious and may serve several requests at once: `interrupted` takes all that
 *     is pending and tolerates nothing being there.
 *  7. Time alone never proves safety: a CPU may be late by any amount.
 *  8. The initiator's own translations are the strategy's duty too; the machine drops entries only
 *     where hardware does.
 */
export interface Strategy {
  began?(cpu: Port, operation: Operation): Ticket
  /** Before the entry is written: stall-then-edit, or a flush before and after. */
  changing?(cpu: Port, change: Change): Ticket
  /** After the entry is written and the serial issued. May set `change.tag`. */
  changed(cpu: Port, change: Change): Ticket
  /** Also when nothing changed. */
  finished(cpu: Port, operation: Operation): Ticket
  demanded(cpu: Port, demand: Demand): Ticket
  /**
   * Is this change settled for these obligations (a bit set)? Without the hook: the watermark has reached the
   * serial. Writes nothing; may read shared words. A true answer must stay true; a false one costs a
   * demand at most.
   */
  covered?(cpu: Port, owner: number, serial: number, tag: number, space: number, obligations: number): boolean
  /**
   * A waiting ticket (or AGAIN) of this CPU's task is satisfied: what next? Sees neither change,
   * operation nor demand: what it needs of them stands in private words.
   */
  resumed(cpu: Port, ticket: Ticket): Ticket
  /**
   * The interrupt handler. AGAIN holds the CPU in the handler and calls again. A handler waits for no
   * word: two CPUs in handlers that wait for each other would never leave.
   */
  interrupted(cpu: Port): typeof DONE | typeof AGAIN
  /**
   * The CPU leaves `from` for `to`. `switching` runs with the old space still loaded; `switched` must
   * publish this CPU as a holder BEFORE it activates the new space. Published after, an initiator that
   * reads the set in between sends nothing, and this CPU may already have cached the entry. A strategy
   * with generations fences between publishing and reading the generation that it activates with.
   */
  switching?(cpu: Port, from: number, to: number): void
  switched(cpu: Port, to: number): Ticket
  /**
   * The space was torn down, by this CPU, and is loaded nowhere; its id begins anew once the ticket is done,
   * with the same root and no mappings. Comes after everything of the operation (`Operation.wholeSpace`). What any CPU
   * still holds of the old life must not be found under the tag by the new one: who keeps translations
   * across switches sees to that here, or gives the new life another tag. Without it a rule that leaves out the
   * flushes of a dead space (`--skip torn`) would hand its memory to the next process.
   */
  retired?(cpu: Port, space: number): Ticket
  /**
   * Where each CPU has page tables of its own: this CPU has faulted on a page of `space` that the shared table
   * has and its own has not, and is about to copy the entry into its own, BEFORE it does. Whoever changes the
   * entry later must learn of this CPU. The entry is locked until the ticket is satisfied and the copy is there,
   * so nobody changes it in between: of a CPU that was published and then found the entry changed, nobody
   * could say whether it is still published.
   * Where CPUs fill privately (ABIS): this CPU's fault has made the page present for all, and nobody else
   * has faulted for it. Locked likewise; others may walk to it already, and set its accessed bit.
   * @param entry as `Change.entry`
   */
  filling?(cpu: Port, space: number, page: number, entry: number): Ticket
  /** The periodic tick, where `assumes.tickNs` is set; never inside a handler. */
  ticked?(cpu: Port): void
  /**
   * The CPU has nothing to run, with its space still loaded; `woke` comes before anything else on it:
   * before a handler or a tick that wakes it (it idles again after them), and before its next step.
   * From the beginning of `idled` to the end of `woke` no user translation of this CPU is used, so a
   * strategy may leave it alone and flush in `woke`. It is walked all the same, by speculation: what is
   * owed to walks (WALK_REACH), and kernel mappings, do not wait (Linux leaves lazy CPUs out unless
   * page tables are freed). Both wait for nothing.
   */
  idled?(cpu: Port): void
  woke?(cpu: Port): void
  /**
   * The host's code, run on this CPU: the host takes the virtual CPU off its processor, and gives it one
   * again. `preempted` is the last thing before the CPU is gone, `reentered` the first when it is back,
   * before the interrupts and ticks that have waited for it. From the beginning of `preempted` to the end
   * of `reentered` the CPU runs nothing and walks nothing, so none of its translations is used, those of
   * the kernel included: a strategy may leave it alone altogether and flush in `reentered`. What it had
   * cached it still has then, because the host tags it. An initiator that reads in between that the CPU
   * is gone must change the word that `reentered` reads in one exchange with that look, or the CPU is back
   * in between and never told. Both wait for nothing. Linux virt/kvm, arch/x86/kvm/x86.c: record_steal_time.
   */
  preempted?(cpu: Port): void
  reentered?(cpu: Port): void
  /**
   * The CPU comes from user code into the kernel: for a system call, a fault, an interrupt, a tick, or to use a
   * kernel mapping. Before anything else there; an idle CPU that wakes is in the kernel already, so the order is
   * `woke`, `entered`, handlers, the rest, and `left` as the last thing before it runs user code again. From the
   * beginning of `left` to the end of `entered` no kernel mapping is used here, so a strategy may leave this CPU
   * alone and flush in `entered` (Linux' CONTEXT_WORK_TLBI, a proposal; XNU's kernel pmap). Not so what is owed to
   * walks (WALK_REACH): speculation uses kernel mappings from user code too. Both wait for nothing, and a
   * strategy that has one of them is told of every crossing; before the first one a CPU counts as in user mode.
   */
  entered?(cpu: Port): void
  left?(cpu: Port): void
  /**
   * A look at what others have asked for, without any interrupt: between two steps where handlers could
   * run too, in user mode, in the kernel, while the CPU waits, rests or idles (it is not woken). User code
   * looks every `assumes.pollNs` in `sim` and between bursts of accesses in `threads`, so nobody waits
   * for ever; but it looks when it likes, and until then what it caches is in use: a request that is
   * pending excuses nothing. Inside a look it uses no user translation, as in a handler. A look waits for
   * nothing. One that finds nothing to do writes nothing, shared or private, and has loaded (`Port.load`)
   * every word that could say otherwise: `sim` looks again when one of those is written.
   */
  polled?(cpu: Port): void
}

/** Shared words by name: a block of `count` words. Each block starts on a line of its own. */
export interface WordBlock {
  /** Elements; element i owns the `stride` words from `base + i * stride`. */
  readonly count: number
  /**
   * Words from one element to the next. WORDS_PER_LINE keeps elements that different CPUs write on
   * lines of their own (an `Atomics.add` on a shared line costs about 8 times one on its own line).
   */
  readonly stride: number
}

/** 64-byte lines of 32-bit words. */
export const WORDS_PER_LINE = 16

/** What a strategy may plan its words with. */
export interface MachineShape {
  readonly cpuCount: number
  /** Address spaces, KERNEL_SPACE included: space ids are below this. */
  readonly spaceCount: number
  /** Entries of all page tables: `Change.entry` is below this. Only where the strategy needs `perCpuTables` or `privateFills`. */
  readonly entryCount?: number
}

/** Where a named block was placed: element i is at `base + i * stride`. */
export interface Placed {
  readonly base: number
  readonly stride: number
}

export interface StrategyHost<W extends string = string, P extends string = string> {
  readonly shape: MachineShape
  readonly parameters: Parameters
  /** Shared blocks, by the names that `words` gave. */
  readonly words: Readonly<Record<W, Placed>>
  /** First private index of each run that `privateWords` gave; the same on every CPU. */
  readonly privates: Readonly<Record<P, number>>
}

/** What must be true of the run for the strategy to keep its promise, or for its counts to be exact. */
export interface Assumptions {
  /** Needs `ticked` on every CPU with this period, nanoseconds. */
  readonly tickNs?: number
  /** Contract `bounded`: each change is settled within this time, nanoseconds, asked for or not. */
  readonly deadlineNs?: number
  /** Where it needs `expiring`: how long a CPU may use what it has cached, nanoseconds. */
  readonly leaseNs?: number
  /** Needed with `polled`: user code looks so long after it was asked at the latest, nanoseconds. */
  readonly pollNs?: number
  /** Its counts do not depend on timing: `threads` and `sim` must agree exactly on them. */
  readonly timeless: boolean
  /**
   * It makes use of `Demand.maySleep`. Where that can be, the kernel side then lets go of what it holds before
   * it asks, and looks again afterwards; for all others it keeps what it has.
   */
  readonly sleeps?: boolean
  /**
   * It treats all CPUs alike: exchanging two of them in a state exchanges them in everything that
   * follows. The explorer then tries only one of those that have not begun. Without it: no.
   */
  readonly symmetric?: boolean
}

export interface StrategyModule<W extends string = string, P extends string = string> {
  /** One line, shown by `--list`. */
  readonly summary: string
  /** Paper or kernel file that it models. */
  readonly source: string
  /** What its machine must have; without it: interrupts are enough. Elsewhere it is skipped, or refused where nothing else runs. */
  readonly needs?: readonly Hardware[]
  /**
   * The kinds of mapping that it handles; without it: all but the device's. A strategy for some kinds only is run together
   * with others, the last of which takes what is left (`vmalloc-lazy+linux`); named alone, with `batched`. It gets the changes
   * of its kinds, and all that is about a CPU or an operation. It numbers and settles its own changes only. It sees each
   * switch, BEFORE the last one loads the space, and loads none itself.
   *
   * Changes of kind iommu go to a strategy that names it here, and to no other: where none does, the kernel side flushes the
   * device itself before an unmap returns (Linux' strict mode).
   */
  readonly handles?: readonly Kind[]
  readonly parameters: ParameterSpecs
  /** By name: lower case, with dashes. */
  readonly presets?: Readonly<Record<string, Preset>>
  /** May depend on parameters: a preset can weaken the promise. */
  contract(parameters: Parameters): Contract
  assumes(parameters: Parameters): Assumptions
  words(shape: MachineShape, parameters: Parameters): Readonly<Record<W, WordBlock>>
  privateWords(shape: MachineShape, parameters: Parameters): Readonly<Record<P, number>>
  create(host: StrategyHost<W, P>): Strategy
}
