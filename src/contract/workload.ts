import type { Hardware } from './hardware.js'
import type { ParameterSpecs, Parameters } from './parameter.js'

/** A mapping, named before it has an address. */
export type Handle = number

/** Flags of `TapeWriter.map`. */
export interface MapOptions {
  readonly writable?: boolean
  readonly executable?: boolean
  /** Memory that leaves the kernel's direct map while it is mapped; costs every fault a zap on all CPUs. */
  readonly guest?: boolean
  /** The kernel's own virtual area (vmalloc): populated at once, in no space, accessed by `readKernel` and `writeKernel` only. */
  readonly vmalloc?: boolean
  /** Memory for the device, reached by it alone; populated at once. */
  readonly device?: boolean
}

/**
 * Writes one CPU's tape. Misuse (unknown handle, a range beyond the mapping, a double map, an
 * unclosed op, batch or loop) throws a UsageError that names workload, CPU and instruction.
 */
export interface TapeWriter {
  readonly cpu: number
  /** Everything before this call is setup and runs once; everything after it is the body. */
  body(): void
  map(handle: Handle, pageCount: number, options?: MapOptions): void
  unmap(handle: Handle): void
  /** Leaves the range readable, and writable only where asked. */
  protect(handle: Handle, firstPage: number, pageCount: number, writable: boolean): void
  adviseAway(handle: Handle, firstPage: number, pageCount: number): void
  read(handle: Handle, firstPage: number, pageCount: number): void
  write(handle: Handle, firstPage: number, pageCount: number): void
  /** The device reads or writes the pages of a mapping of its own; this CPU waits for it. */
  deviceAccess(handle: Handle, firstPage: number, pageCount: number): void
  /** Cleans the dirty pages of a range and begins to write them out. */
  writeOut(handle: Handle, firstPage: number, pageCount: number): void
  /** Pins pages from a lockless walk with interrupts off (get_user_pages_fast). */
  pin(handle: Handle, firstPage: number, pageCount: number): void
  /** Maps pages of the pool for a moment, in this CPU's window of the active space; may fail. The handle is this tape's own. */
  get(handle: Handle, pageCount: number, firstFrame: number): void
  /** Takes them out of the window again. */
  put(handle: Handle): void
  /** Kernel-mode reads through the direct map, by frame number. */
  readDirect(firstFrame: number, frameCount: number): void
  /** Kernel-mode accesses through a mapping that was made with `vmalloc`, or between `get` and `put`. */
  readKernel(handle: Handle, firstPage: number, pageCount: number): void
  writeKernel(handle: Handle, firstPage: number, pageCount: number): void
  /** One timed op; what `write` writes is its content. */
  op(write: () => void): void
  loop(times: number, write: () => void): void
  batch(write: () => void): void
  pause(ns: number): void
  compute(ns: number): void
  /** Nothing to run for that time: the CPU is idle, and may be left out of rounds until it wakes. */
  idle(ns: number): void
  /** The host takes this virtual CPU off its processor for that time: nothing is run, taken or walked on it. */
  preempt(ns: number): void
  /** From here on no periodic tick (user code under Linux' NOHZ_FULL), or ticks again. */
  tickless(isOn: boolean): void
  barrier(): void
  awaitReaders(): void
  switchTo(space: number): void
  /**
   * The process of a space exits: all that this tape has mapped there goes. No tape may be in it then, nor stay in it
   * for long; who switches to it afterwards begins a new process under its number.
   */
  tearDown(space: number): void
  tick(): void
}

/** What a workload is given. */
export interface WorkloadPlan {
  readonly cpuCount: number
  readonly parameters: Parameters
  /** CPUs 0 .. initiatorCount-1 initiate, the next readerCount are innocents, the rest stand by. */
  readonly initiatorCount: number
  readonly readerCount: number
  /** A handle that any tape may use; mappings are shared by all CPUs of a space. */
  handle(): Handle
  /** A tape for an initiator (cpu < initiatorCount) or a reader. */
  tape(cpu: number): TapeWriter
  /** Pages of each CPU's window for temporary mappings, the page in reserve included; 512 where it is not called. */
  window(pageCount: number): void
  /** Uniform integer 0 <= result < bound from the run's seed; the same for every strategy and engine. */
  random(bound: number): number
}

/** A workload. ONE FILE in src/workloads/ whose default export is a WorkloadModule. */
export interface WorkloadModule {
  readonly summary: string
  readonly source: string
  /** What the timed op is, as the docs say it. */
  readonly op: string
  /** What its machine must have, whatever the strategy. */
  readonly needs?: readonly Hardware[]
  /** `initiators` and `readers` are added to every workload; a file declares its own ones only. */
  readonly parameters: ParameterSpecs
  write(plan: WorkloadPlan): void
}
