import type { Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import { KERNEL_SPACE } from '../contract/page.js'
import type { Port } from '../contract/port.js'
import {
  WORDS_PER_LINE,
  type MachineShape,
  type StrategyHost,
  type StrategyModule,
} from '../contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../contract/ticket.js'
import { FlushList } from './shared/flushList.js'
import { holderBlock, setWords } from './shared/holders.js'
import { listPrivates, ListRound, ListStrategy, type ListPrivates } from './shared/listStrategy.js'
import { roundPrivates, type RoundWords } from './shared/roundStrategy.js'
import { wholeLines } from './shared/lines.js'

type Privates = ListPrivates | 'mask'

/** The mailbox: who has it and how many rounds are complete on one line, which changes twice a round. */
const CLAIM = 0
const GENERATION = 1
/** On lines of their own: how many CPUs have not answered, and which. */
const PENDING = WORDS_PER_LINE
const ASKED = WORDS_PER_LINE + 1

/** The one `row` is the mailbox, the one `request` its packet. */
export class Mailbox extends ListRound {
  /** First private word of the CPUs that may hold what is in the packet. */
  mask = 0

  static mailboxWords({ cpuCount }: MachineShape): number {
    return wholeLines(ASKED + setWords(cpuCount))
  }

  /**
   * Who holds the space now, after the entry was written. A CPU that enters it later loads it later, and
   * finds the new entry.
   */
  accumulate(cpu: Port, space: number): void {
    this.findTargets(cpu, space)
    for (let word = 0; word < this.words; word++)
      cpu.set(this.mask + word, cpu.get(this.mask + word) | cpu.get(this.targets + word))
  }

  override start(cpu: Port): Ticket {
    this.accumulate(cpu, KERNEL_SPACE)
    return super.start(cpu)
  }

  override send(cpu: Port): Ticket {
    for (let word = 0; word < this.words; word++) {
      cpu.set(this.targets + word, cpu.get(this.mask + word))
      cpu.set(this.mask + word, 0)
    }
    return this.next(cpu)
  }

  override next(cpu: Port): Ticket {
    if (this.list.isEmpty(cpu)) return DONE
    const count = this.#targetCount(cpu)
    if (count === 0) {
      this.finishSending(cpu)
      return DONE
    }
    const mailbox = this.row.base
    const isFree = cpu.load(mailbox + CLAIM) === 0
    if (!isFree || cpu.compareExchange(mailbox + CLAIM, 0, cpu.id + 1) !== 0) return AGAIN
    return this.post(cpu, count)
  }

  /**
   * The generation is read after the claim: the last round moved it on before it freed the mailbox. Whom
   * the packet is for is written when the packet is complete.
   */
  protected post(cpu: Port, count: number): Ticket {
    const mailbox = this.row.base
    const generation = (cpu.load(mailbox + GENERATION) + 1) | 0
    cpu.store(mailbox + PENDING, count)
    this.list.copyTo(cpu, this.request.base)
    for (let word = 0; word < this.words; word++)
      cpu.store(mailbox + ASKED + word, cpu.get(this.targets + word))
    cpu.interruptSet(this.targets)
    this.finishSending(cpu)
    return cpu.reached(mailbox + GENERATION, generation)
  }

  /** An interrupt that is late, or that nobody sent, finds the packet meant for others or answered. */
  override tryToServe(cpu: Port): true {
    const mailbox = this.row.base
    const asked = mailbox + ASKED + (cpu.id >>> 5)
    const bit = 1 << (cpu.id & 31)
    if ((cpu.load(asked) & bit) === 0) return true
    this.taken.copyFrom(cpu, this.request.base)
    this.taken.flush(cpu)
    cpu.and(asked, ~bit)
    if (cpu.add(mailbox + PENDING, -1) === 1) this.complete(cpu, mailbox)
    return true
  }

  /** By the last CPU that answers. Freed first, the next owner would wait for the generation that this round makes. */
  protected complete(cpu: Port, mailbox: number): void {
    this.moveOn(cpu, mailbox)
    this.free(cpu, mailbox)
  }

  protected moveOn(cpu: Port, mailbox: number): void {
    cpu.store(mailbox + GENERATION, (cpu.load(mailbox + GENERATION) + 1) | 0)
  }

  protected free(cpu: Port, mailbox: number): void {
    cpu.store(mailbox + CLAIM, 0)
  }

  #targetCount(cpu: Port): number {
    let count = 0
    for (let word = 0; word < this.words; word++)
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) count++
    return count
  }
}

export class NetbsdPacket extends ListStrategy<Mailbox> {
  constructor(host: StrategyHost<RoundWords, Privates>, Kind: typeof Mailbox = Mailbox) {
    super(host, Kind, host.parameters['addresses'])
    this.listRound.mask = host.privates.mask
  }

  override changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) !== 0) this.listRound.accumulate(cpu, change.space)
    return super.changed(cpu, change)
  }
}

/**
 * NetBSD collects up to 6 addresses in a packet of the CPU, with the set of CPUs that must drop them, and
 * sends it through one mailbox that all CPUs share: one round at a time on the whole machine. Source:
 * NetBSD sys/arch/x86/x86/pmap_tlb.c of 2011 (`pmap_tlb_shootdown`, `pmap_tlb_shootnow`,
 * `pmap_tlb_intr`), which has 6 addresses and the generation; x86_tlb.c, its successor, has 16.
 *
 * ## State
 *
 * A packet of each CPU: addresses, or "everything", and the accumulated set of CPUs. The mailbox: who has
 * claimed it, and a generation that counts complete rounds; on other lines how many CPUs have not
 * answered, a bit for each of them, and the packet's copy. The CPUs that hold each space.
 *
 * ## Who does what
 *
 * - Initiator: adds each change and the holders of its space to its packet. When its outermost operation
 *   ends it claims the mailbox by compare-and-exchange, trying again while it is taken, with interrupts
 *   on. It notes the next generation, copies its packet, sets the bits, interrupts, flushes at home, and
 *   waits for that generation. With nobody else to ask it flushes at home and leaves the mailbox alone.
 * - Responder: if its bit is set, flushes, clears the bit and counts down. The last one moves the
 *   generation on, then frees the mailbox.
 * - Switch: publishes, loads without keeping anything, leaves the old space. Idle CPUs are interrupted.
 *
 * ## Why it is safe
 *
 * Only the owner writes the packet, and the mailbox has no new owner before all bits are clear: each CPU
 * clears its own before it counts down. A handler acts on its bit, which is written after the packet, so
 * an interrupt that is late or was sent by nobody reads no packet as its own. The bad schedule of the
 * end: the mailbox is freed first, CPU 2 claims it and notes the generation that the old round is about
 * to make, and goes on unflushed when it appears.
 *
 * ## Counts
 *
 * One operation of p changed pages with h other holders: 1 round and h interrupts if h > 0, (h + 1) p
 * pages invalidated up to the 6 addresses, h + 1 full flushes above. Each changed page is an address;
 * so is a freed leaf table. Exact at any timing; demands by other operations come on top.
 *
 * ## What differs from the source
 *
 * In 2011 the mask of pending CPUs was the claim, and the packet was copied after it: a handler that ran
 * in between would have read an old packet as its own. The claim is a word of its own here, as in the
 * successor, which also answers before it flushes; this does not. Idle CPUs do not leave the space's set.
 */
export default {
  summary: 'packets of a few addresses through one mailbox for the whole machine',
  source: 'NetBSD sys/arch/x86/x86/pmap_tlb.c (2011)',
  parameters: {
    addresses: {
      default: 6,
      min: 0,
      max: 1000,
      unit: 'addresses',
      summary: 'changes above which a packet flushes the whole space',
      source:
        'NetBSD TP_MAXVA, "No more than N seperate invlpg": 6 in pmap_tlb.c of 2011, 16 in x86_tlb.c of 2022',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: (shape, parameters) => ({
    holders: holderBlock(shape),
    request: {
      count: 1,
      stride: wholeLines(FlushList.words(parameters['addresses'])),
    },
    row: { count: 1, stride: Mailbox.mailboxWords(shape) },
  }),
  privateWords: (shape, parameters) => ({
    ...roundPrivates(shape),
    ...listPrivates(parameters['addresses']),
    mask: setWords(shape.cpuCount),
  }),
  create: (host) => new NetbsdPacket(host),
} satisfies StrategyModule<RoundWords, Privates>
