import type { Change } from '../contract/change.js'
import { ACCESSED, KERNEL_SPACE } from '../contract/page.js'
import type { CpuSet, Port } from '../contract/port.js'
import {
  WORDS_PER_LINE,
  type MachineShape,
  type Placed,
  type StrategyHost,
  type StrategyModule,
} from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { CEILING } from './shared/linuxParameters.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'
import { WHOLE_SPACE } from './shared/round.js'
import { toldPrivates, ToldStrategy, type ToldPrivates } from './shared/toldStrategy.js'
import { ToldRound, WHOLE_TLB } from './shared/toldRound.js'

type Words = RoundWords | 'info' | 'version'
type Privates = ToldPrivates | 'filled'

/** The word of an entry: version, whether any CPU may have it, the one that has it plus one (0: any). */
const VERSION_MASK = 0x7f
const CACHED = 1 << 7
const CORE_SHIFT = 8
const LAST_CORE = 0xff

/** The word of a space: version, and below it how many CPUs have filled privately since their last full flush. */
const VERSION_SHIFT = 16
const COUNT_MASK = 0xffff

/** A full flush that is over is told to the versions, in handlers and demands as well. */
class AbisRound extends ToldRound {
  onFullFlush: ((cpu: Port, space: number) => void) | null = null

  protected override flushHere(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): void {
    super.flushHere(cpu, space, firstPage, pageCount, stride)
    if (stride === WHOLE_TLB || pageCount === WHOLE_SPACE) this.onFullFlush?.(cpu, space)
  }
}

export class Abis extends ToldStrategy<AbisRound> {
  readonly #info: Placed
  readonly #version: Placed
  /** Private word: the space whose pages this CPU has filled privately since it last flushed it; 0: none. */
  readonly #filled: number
  readonly #startVersion: number

  constructor(host: StrategyHost<Words, Privates>) {
    super(host, AbisRound)
    const { words, privates, parameters } = host
    this.#info = words.info
    this.#version = words.version
    this.#filled = privates.filled
    this.#startVersion = parameters['startVersion']
    this.round.onFullFlush = (cpu, space) => this.#flushedFully(cpu, space)
  }

  filling(cpu: Port, space: number, page: number, entry: number): Ticket {
    const core = cpu.id < LAST_CORE ? cpu.id + 1 : 0
    const version = this.#enter(cpu, space) & VERSION_MASK
    cpu.store(this.#infoOf(entry), version | CACHED | (core << CORE_SHIFT))
    cpu.fillPrivately(space, page, entry)
    return DONE
  }

  /** While this CPU is counted the version cannot grow, so what is read here is that of all it fills until it flushes. */
  #enter(cpu: Port, space: number): number {
    const word = this.#versionOf(space)
    if (cpu.get(this.#filled) === space) return this.#read(cpu.load(word))
    cpu.set(this.#filled, space)
    return this.#read(cpu.add(word, 1))
  }

  #read(word: number): number {
    return (word >>> VERSION_SHIFT) + this.#startVersion
  }

  /** This CPU has nothing of the space any more. The last one that had something begins the next version. */
  #flushedFully(cpu: Port, space: number): void {
    const filled = cpu.get(this.#filled)
    if (filled === KERNEL_SPACE || (space !== filled && space !== KERNEL_SPACE)) return
    cpu.set(this.#filled, KERNEL_SPACE)
    const word = this.#versionOf(filled)
    const left = cpu.add(word, -1) - 1
    // Fails where another CPU has begun to fill, or the next version, in between: then this is not the last.
    if ((left & COUNT_MASK) === 0) cpu.compareExchange(word, left, left + (1 << VERSION_SHIFT))
  }

  protected tell(cpu: Port, change: Change, into: CpuSet): boolean {
    const { entry, oldFlags, space } = change
    if ((oldFlags & ACCESSED) === 0) {
      const info = cpu.load(this.#infoOf(entry))
      if ((info & CACHED) === 0) return false
      const now = this.#read(cpu.load(this.#versionOf(space)))
      if (this.isOld(info & VERSION_MASK, now)) return false
      const core = (info >>> CORE_SHIFT) - 1
      if (core >= 0) return this.#tellHolder(cpu, core, space, into)
    }
    this.tellHolders(cpu, change, into)
    return true
  }

  /** Of seven bits only a difference means anything. */
  protected isOld(version: number, now: number): boolean {
    return ((now - version) & VERSION_MASK) > 1
  }

  /** A CPU that has left the space has flushed it. */
  #tellHolder(cpu: Port, core: number, space: number, into: CpuSet): boolean {
    const holders = cpu.load(this.holders.wordOf(space, core))
    if ((holders & (1 << (core & 31))) === 0) return false
    this.tellOne(cpu, core, into)
    return true
  }

  override switched(cpu: Port, to: number): Ticket {
    const ticket = super.switched(cpu, to)
    // All spaces share a tag, so loading one has flushed what there was of any.
    this.#flushedFully(cpu, KERNEL_SPACE)
    return ticket
  }

  #infoOf(entry: number): number {
    return this.#info.base + entry * this.#info.stride
  }

  #versionOf(space: number): number {
    return this.#version.base + space * this.#version.stride
  }
}

function abisWords(shape: MachineShape) {
  return {
    ...roundWords(shape),
    info: { count: shape.entryCount ?? 0, stride: 1 },
    version: { count: shape.spaceCount, stride: WORDS_PER_LINE },
  }
}

/**
 * The accessed bit says whether more than one CPU has a page. The CPU that faults a page in fills its TLB through a table of its
 * own, under the same tag, so that the bit of the shared entry stays clear; the walk of any other CPU sets it. A page whose bit
 * is still clear when it is taken away costs one interrupt or none. Amit, "Optimizing the TLB Shootdown Algorithm with Page
 * Access Tracking" (ABIS), USENIX ATC 2017.
 *
 * ## State
 *
 * A word for each page-table entry: a version of 7 bits, whether a CPU may have it, and which one in 8 bits (of CPU 255 and
 * above it says "any"). For each space a version and how many CPUs have filled privately since they last flushed it as a
 * whole. The rest is that of `immediate`.
 *
 * ## Who does what
 *
 * - Fault that makes a page present: with the entry locked it counts this CPU in, writes version and CPU, fills privately.
 * - Initiator, for each change: accessed bit set: all that run the space. Else nobody may have it: nobody. Its version is older
 *   than the last but one: nobody, for all have flushed since. Else the CPU that is named, if it still runs the
 *   space. The round comes when the outermost operation ends; without anybody to tell there is none, and no local flush.
 * - Responder: drops the range or the space. After a flush of the space it is counted out, and the last one begins the next version.
 * - Switch: flushes, so the CPU is counted out. Idle CPUs are interrupted like all others.
 * - Kernel mappings: everybody. A freed table: all that run the space.
 *
 * ## Why it is safe
 *
 * The accessed bit is read by the exchange that changes the entry, and a walker sets it by one before it fills. So a clear bit
 * means that no walk of the shared entry has been cached, and the only copy is that of the CPU in the entry's word. That CPU
 * is counted from before it reads the version until it has flushed all; meanwhile the version cannot grow, since count and
 * version are one word. A clear bit therefore does not mean that nobody has the entry: the shared rule `untouched` is refused.
 * The bit must never be clear for a moment after an ordinary fill: another CPU may have walked without setting it (trap 18).
 *
 * ## Counts
 *
 * For an operation on p pages, r from the first to the last that somebody has: used by one CPU only, 1 interrupt and r
 * invalidations there, or no interrupt and r invalidations where it is the initiator. One that a second CPU has used makes it
 * all h other holders: 1 round, h interrupts, r * (h + 1) invalidations. Above `ceiling` a full flush for each CPU told.
 *
 * ## What differs from the source
 *
 * A count in place of the mask of CPUs that have not flushed; a CPU that has filled nothing is not waited for. The word is not
 * reset when an entry that stays present is flushed, nor the accessed bit cleared, so that a page shared once stays
 * so until it is gone. All spaces share a tag and switches flush, where the paper has PCIDs. The private fill is charged as
 * two loads of a root and a short walk, which is what the paper measures (about 550 cycles); that of a shared page's accessed
 * bit, for which it has about 600 more, is not charged. A writable page is made dirty at once, as Linux does with anonymous memory. An eviction and a new walk by
 * the same CPU make the page look shared, as there.
 */
export default {
  summary: 'fills privately, so that the accessed bit tells pages that one CPU uses from shared ones',
  source: 'Amit, Optimizing the TLB Shootdown Algorithm with Page Access Tracking, USENIX ATC 2017',
  needs: ['privateFills'],
  parameters: {
    ceiling: CEILING,
    startVersion: {
      default: 0,
      min: 0,
      max: VERSION_MASK,
      unit: 'versions',
      summary: 'version that every space begins with; near its end a wrap can be tested',
      source: 'ABIS keeps 7 bits of it in each entry (USENIX ATC 2017)',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false, symmetric: true }),
  words: abisWords,
  privateWords: (shape) => ({ ...toldPrivates(shape), filled: 1 }),
  create: (host) => new Abis(host),
} satisfies StrategyModule<Words, Privates>
