/**
 * A tape is what one CPU does: instructions of 4 words, made before the clock starts, the same for
 * every strategy and engine.
 *
 * Mappings are named by handle. The kernel side picks the address when the instruction runs, from
 * what is free and covered: an address fixed on the tape would decide address reuse for the strategy,
 * and every lazy strategy would look synchronous.
 *
 * A tape has a setup section, run once, and a body, run once per pass. Initiators run the body to its
 * end; innocents repeat it until the last initiator has ended.
 */

/** Words: opcode, a, b, c. */
export const INSTRUCTION_WORDS = 4

/** End of the body. */
export const TAPE_END = 0
/** a = handle, b = pages, c = entry flags allowed (WRITABLE, EXECUTABLE) | kind << 8. Populated by faults; of kind vmalloc at once. */
export const TAPE_MAP = 1
/** a = handle. All of the mapping. */
export const TAPE_UNMAP = 2
/** a = handle, b = first page, c = page count. The permissions granted are in the opcode's upper bits (`op >> 8`). */
export const TAPE_PROTECT = 3
/** a = handle, b = first page, c = page count. */
export const TAPE_ADVISE_AWAY = 4
/**
 * a = handle, b = first page, c = page count; `op >> 8`: ACCESS_WRITE. One access per page, in user
 * mode. A handle that is not mapped, or a page that may not be accessed so, is passed over and counted.
 */
export const TAPE_ACCESS = 5
/** As TAPE_ACCESS, in kernel mode through the direct map: a is ignored, b = first frame, c = frame count. */
export const TAPE_ACCESS_DIRECT = 6
/** The timed op begins and ends here. */
export const TAPE_OP_BEGIN = 7
export const TAPE_OP_END = 8
/** a = nanoseconds: the CPU waits for that time to pass. */
export const TAPE_PAUSE = 9
/** a = nanoseconds of work in user mode; interrupts make it longer. */
export const TAPE_COMPUTE = 10
/** a = how often the section up to the matching TAPE_LOOP_END runs; loops nest up to 4 deep. */
export const TAPE_LOOP = 11
export const TAPE_LOOP_END = 12
/** All initiators meet. */
export const TAPE_BARRIER = 13
/** Waits until every innocent has begun and completed a pass of its body since: each has touched what it reads. */
export const TAPE_AWAIT_READERS = 14
/** Operations up to the matching end are one operation of level batch. */
export const TAPE_BATCH_BEGIN = 15
export const TAPE_BATCH_END = 16
/** a = space. */
export const TAPE_SWITCH = 17
/** Every CPU takes one tick before the tape goes on: makes a strategy that lives on ticks exact. */
export const TAPE_TICK = 18
/** a = handle, b = first page, c = page count. Looks the frames up in software, with interrupts off, and pins each for a moment. */
export const TAPE_PIN = 19
/** a = handle, b = first page, c = page count. Cleans what is dirty and begins to write it out. */
export const TAPE_WRITE_OUT = 20

/** a = nanoseconds without anything to run. Interrupts and ticks wake the CPU for as long as they take. */
export const TAPE_IDLE = 21

/**
 * a = handle of a mapping of kind iommu, b = first page, c = page count. The device reads or writes each page once, and the
 * CPU waits for it. A handle that is not mapped, or a page that the device cannot reach, is passed over and counted.
 */
export const TAPE_DEVICE_ACCESS = 25
/** As TAPE_ACCESS, in kernel mode through a mapping of kind vmalloc, or of a get. */
export const TAPE_ACCESS_KERNEL = 22

/**
 * a = handle, b = pages, c = first frame of the pool, which wraps around. Maps them for a moment in this CPU's window of the
 * space that it runs. May fail: then the handle is not mapped, and that is counted with what is passed over.
 */
export const TAPE_GET = 23
/** a = handle, of a get by this CPU. */
export const TAPE_PUT = 24

/** The longest window: PAGE_SIZE << MAX_PAGECACHE_ORDER, which is 9 where pages of 2 MiB are possible (Linux mm/mermap.c). */
export const MOST_WINDOW_PAGES = 512
/** a = nanoseconds for which the host runs something else on this CPU's processor. Nothing brings the CPU back earlier. */
export const TAPE_PREEMPT = 26
/** a = 1: from here on the CPU takes no periodic tick, 0: it does again. Nor one that TAPE_TICK asks for, which counts as taken. */
export const TAPE_TICKLESS = 27
/**
 * a = space. Its process exits: all its mappings go in one operation, and the id may be used for a new one. No CPU may
 * have it loaded; one that still has is waited for.
 */
export const TAPE_TEARDOWN = 28

export const TAPE_NAMES = [
  'end',
  'map',
  'unmap',
  'protect',
  'adviseAway',
  'access',
  'accessDirect',
  'opBegin',
  'opEnd',
  'pause',
  'compute',
  'loop',
  'loopEnd',
  'barrier',
  'awaitReaders',
  'batchBegin',
  'batchEnd',
  'switch',
  'tick',
  'pin',
  'writeOut',
  'idle',
  'accessKernel',
  'get',
  'put',
  'deviceAccess',
  'preempt',
  'tickless',
  'teardown',
] as const

/** Flag of an access, in the opcode word above bit 8. */
export const ACCESS_WRITE = 1
export const MAX_LOOP_DEPTH = 4

export const ROLE_INITIATOR = 0
export const ROLE_INNOCENT = 1
/** Takes interrupts and ticks, runs no tape. */
export const ROLE_BYSTANDER = 2

export interface Tape {
  role: number
  instructions: Int32Array
  /** Word index of the body's first instruction; the setup section lies before it. */
  bodyAt: number
  /** Timed ops in one pass of the body. */
  opCount: number
}

/** All tapes of a cell and what the machine must provide for them. */
export interface TapeSet {
  tapes: Tape[]
  handleCount: number
  /** Pages of the largest single operation. */
  maxOperationPages: number
  spaceCount: number
  /** A device has mappings of its own: in the last space, which no CPU ever loads. Absent: no tape has any. */
  hasDevice?: boolean
  /** Pages of each CPU's window for temporary mappings; absent where no tape has any. */
  windowPages?: number
  /** Hash over everything above; the `tape_hash` column. */
  hash: string
}
