import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import type { Demand, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { broadcastPrivates, BroadcastStrategy, type BroadcastPrivates } from './shared/broadcastStrategy.js'
import { globalTagBlocks, GlobalTags, NO_TAG, OWN_TAG, type GlobalTagWords } from './shared/globalTags.js'
import { CEILING } from './shared/linuxParameters.js'
import { roundWords, type RoundWords } from './shared/roundStrategy.js'

type Words = RoundWords | GlobalTagWords
type Privates = BroadcastPrivates | 'stage' | 'flushed' | 'left' | 'loaded' | 'under'

/** What the ticket of this CPU's task is for. */
const STAGE_ROUND = 0
const STAGE_STRAGGLERS = 1
const STAGE_BROADCAST = 2

export class Invlpgb extends BroadcastStrategy {
  protected readonly globals: GlobalTags
  readonly #pagesPerBroadcast: number
  readonly #threshold: number
  readonly #stage: number
  /** Private word: the space of the operation that is being flushed. */
  readonly #flushed: number
  /** Private words: the space that `switching` was told of, and the one that is loaded. */
  readonly #left: number
  readonly #loaded: number
  /** Private words: per space the tag under which this CPU ran it last. */
  readonly #under: number

  constructor(host: StrategyHost<Words, Privates>) {
    super(host)
    const { words, privates, parameters } = host
    this.globals = new GlobalTags(words, parameters['tags'])
    this.#pagesPerBroadcast = parameters['pagesPerBroadcast']
    this.#threshold = parameters['threshold']
    this.#stage = privates.stage
    this.#flushed = privates.flushed
    this.#left = privates.left
    this.#loaded = privates.loaded
    this.#under = privates.under
  }

  protected tagOf(cpu: Port, space: number): number {
    return this.globals.tagOf(cpu, space)
  }

  protected broadcastRange(cpu: Port, tag: number, firstPage: number, pageCount: number): void {
    const most = this.#pagesPerBroadcast
    for (let done = 0; done < pageCount; done += most)
      cpu.broadcast(tag, firstPage + done, Math.min(most, pageCount - done), 1)
  }

  protected override flush(cpu: Port, space: number, firstPage: number, pageCount: number): Ticket {
    if (space !== KERNEL_SPACE && this.tagOf(cpu, space) === NO_TAG)
      return this.flushByRound(cpu, space, firstPage, pageCount)
    // This CPU may be a straggler itself.
    this.takeOver(cpu)
    this.broadcast(cpu, space, firstPage, pageCount)
    const ticket = this.tellStragglers(cpu, space, firstPage, pageCount)
    if (ticket === DONE) return this.syncBroadcasts(cpu)
    cpu.set(this.#stage, STAGE_STRAGGLERS)
    return ticket
  }

  protected flushByRound(cpu: Port, space: number, firstPage: number, pageCount: number): Ticket {
    cpu.set(this.#flushed, space)
    const ticket = this.round.start(cpu, space, firstPage, pageCount, 1)
    if (ticket === DONE) return this.endRound(cpu)
    cpu.set(this.#stage, STAGE_ROUND)
    return ticket
  }

  /** Whoever runs the space has answered an interrupt, so nobody else walks its tables in software. */
  protected endRound(cpu: Port): Ticket {
    cpu.set(this.owes, 0)
    this.considerGlobal(cpu, cpu.get(this.#flushed))
    return this.settle(cpu)
  }

  /** Those that run the space now; of those that have left it nothing is known, and nothing needs to be. */
  protected considerGlobal(cpu: Port, space: number): void {
    const others = this.round.findHolders(cpu, space)
    const running = others + (cpu.get(this.#loaded) === space ? 1 : 0)
    if (running <= this.#threshold) return
    this.globals.handOut(cpu, space)
    this.takeOver(cpu)
  }

  /** While a CPU may run the space under its own tag, broadcasts do not reach it: all that run it are interrupted. */
  protected tellStragglers(cpu: Port, space: number, firstPage: number, pageCount: number): Ticket {
    if (space === KERNEL_SPACE || !this.globals.isInTransition(cpu, space)) return DONE
    const tag = this.tagOf(cpu, space)
    const count = this.round.findHolders(cpu, space)
    for (let other = 0; other < cpu.count; other++) {
      if (!this.round.isTarget(cpu, other) || this.globals.runsUnder(cpu, other, tag)) continue
      return this.round.tellTargets(cpu, count, space, firstPage, pageCount)
    }
    this.globals.endTransition(cpu, space)
    return DONE
  }

  protected syncBroadcasts(cpu: Port): Ticket {
    cpu.set(this.#stage, STAGE_BROADCAST)
    return this.sync(cpu)
  }

  override demanded(cpu: Port, demand: Demand): Ticket {
    cpu.set(this.#stage, STAGE_BROADCAST)
    return super.demanded(cpu, demand)
  }

  override resumed(cpu: Port): Ticket {
    const stage = cpu.get(this.#stage)
    if (stage === STAGE_ROUND) return this.endRound(cpu)
    return stage === STAGE_STRAGGLERS ? this.syncBroadcasts(cpu) : super.resumed(cpu)
  }

  override interrupted(cpu: Port): typeof DONE {
    this.takeOver(cpu)
    return super.interrupted(cpu)
  }

  switching(cpu: Port, from: number): void {
    cpu.set(this.#left, from)
  }

  /** Published as a holder before the tag is read, and no holder of the old space until the new one is loaded. */
  switched(cpu: Port, to: number): Ticket {
    this.holders.enter(cpu, to)
    this.load(cpu, to, this.tagOf(cpu, to))
    const from = cpu.get(this.#left)
    if (from !== to) this.holders.leave(cpu, from)
    return DONE
  }

  retired(cpu: Port, space: number): Ticket {
    this.globals.retire(cpu, space)
    return DONE
  }

  /** The space that is loaded has got a global tag since: from now on it runs under that. */
  protected takeOver(cpu: Port): void {
    const space = cpu.get(this.#loaded)
    if (space === KERNEL_SPACE) return
    const tag = this.tagOf(cpu, space)
    if (tag !== NO_TAG && cpu.get(this.#under + space) !== tag) this.load(cpu, space, tag)
  }

  /** What a CPU has under a global tag is always up to date; its own tag is flushed whenever it is loaded. */
  protected load(cpu: Port, space: number, globalTag: number): void {
    const tag = globalTag === NO_TAG ? OWN_TAG : globalTag
    const isKept = tag !== OWN_TAG && cpu.get(this.#under + space) === tag
    cpu.activate(space, tag, isKept)
    cpu.set(this.#under + space, tag)
    cpu.set(this.#loaded, space)
    this.globals.noteRunning(cpu, tag)
  }
}

/**
 * What Linux does on AMD CPUs with INVLPGB, an instruction that drops pages under a tag on all CPUs. Tags
 * are few, so a space gets one that all CPUs share only when more than 3 CPUs run it; until then it is
 * flushed by interrupts. Source: Rik van Riel's series, Linux 6.14, arch/x86/mm/tlb.c.
 *
 * ## State
 *
 * For each space its global tag, or none, and whether it is in transition; who runs it; for each CPU the
 * tag that it runs under. A CPU has one tag of its own for spaces without a global one.
 *
 * ## Who does what
 *
 * - **Initiator**, no global tag: a round of interrupts to those who run the space. If more than
 *   `threshold` CPUs run it then, it gets a global tag, and the transition begins.
 * - **Initiator**, global tag, and for kernel mappings: broadcasts the range in chunks of at most
 *   `pagesPerBroadcast`, or the whole tag above the ceiling. In transition it looks whether everybody who
 *   runs the space does so under the global tag: if one does not, all of them get an interrupt, else the
 *   transition is over. Last it waits with TLBSYNC, for the broadcasts of its own CPU.
 * - **Responder**: takes over the global tag if its space has got one, flushes what was asked, answers.
 * - **Switch**: publishes itself, reads the tag, loads it. Nothing is flushed, and no generation compared,
 *   under a global tag; the CPU's own tag is flushed. **Idle**: nothing.
 *
 * ## Why it is safe
 *
 * Under a global tag every CPU is up to date, running the space or not, for broadcasts reach what it has
 * under the tag. What a CPU may have under its own tag while it runs the space is dropped by the
 * interrupt. A CPU publishes itself and then reads the tag; an initiator that has read the tag then reads
 * who runs the space. So either the CPU reads the global tag, or the initiator sees it, running under
 * another one. A CPU notes its tag after it has loaded it: noted before, it would pass for moved while it
 * can still use the old entries. An initiator that read "no global tag" wrote its entry before anybody
 * could fill under one. No task migrates between broadcast and TLBSYNC; a demand broadcasts anew.
 *
 * ## Counts
 *
 * One operation of p pages, h other CPUs that run the space. With no more than `threshold` CPUs: 1 round,
 * h interrupts, (h + 1) p invalidations, or h + 1 full flushes above the ceiling, of 33. With more: the
 * first as before, at its end the tag is handed out; the second ceil(p / pagesPerBroadcast) broadcasts, or
 * 1 above the ceiling, 1 sync, 1 round of h interrupts and h p invalidations; each further one the
 * broadcasts and the sync alone. Exact where one CPU initiates. A freed table: 1 round of N - 1 more.
 *
 * ## What differs from the source
 *
 * - Linux looks at the number of CPUs now and then only ((pid & 0x1f) == (jiffies & 0x1f)), and leaves
 *   lazy ones out; here after every round, and idle CPUs count.
 * - The global tag of a space that is torn down is not used again; Linux does so after a flush of
 *   everything at the wrap-around of its search. Without a tag left a space goes on with interrupts.
 * - Without a global tag Linux keeps 6 tags for each CPU with generations (`linux`); here there is one.
 * - A responder under the global tag flushes what was asked although it need not. The first time that a
 *   CPU loads a global tag it drops what may be under it, which is nothing.
 * - Linux frees tables by RCU; here by an empty interrupt after the sync, as in `arm64-tlbi`.
 */
export default {
  summary:
    'broadcasts for spaces that more than 3 CPUs run, under a tag that all share; rounds for the others',
  source: 'Linux 6.14 arch/x86/mm/tlb.c: broadcast_tlb_flush, consider_global_asid, finish_asid_transition',
  needs: ['invlpgb'],
  parameters: {
    ceiling: CEILING,
    pagesPerBroadcast: {
      default: 8,
      min: 1,
      max: 65_536,
      unit: 'pages',
      summary: 'pages that one broadcast names at most',
      source:
        'Linux invlpgb_count_max, CPUID 8000_0008h EDX[15:0] + 1; 8 on Milan is from memory, unverified',
    },
    threshold: {
      default: 3,
      min: 0,
      max: 1024,
      unit: 'CPUs',
      summary: 'a space that more CPUs than this run gets a global tag',
      source: 'Linux consider_global_asid: mm_active_cpus_exceeds(mm, 3)',
    },
    tags: {
      default: 4089,
      min: 0,
      max: 4094,
      unit: 'tags',
      summary: 'global tags',
      source:
        'x86: process-context identifiers have 12 bits; Linux keeps 0 and those of its 6 dynamic ones (2048 less with page-table isolation)',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false }),
  words: (shape) => ({ ...roundWords(shape), ...globalTagBlocks(shape) }),
  privateWords: (shape) => ({
    ...broadcastPrivates(shape),
    stage: 1,
    flushed: 1,
    left: 1,
    loaded: 1,
    under: shape.spaceCount,
  }),
  create: (host) => new Invlpgb(host),
} satisfies StrategyModule<Words, Privates>
