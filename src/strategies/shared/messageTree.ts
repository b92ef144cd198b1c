import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type MachineShape, type WordBlock } from '../../contract/strategy.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { setWords } from './holders.js'
import { wholeLines } from './lines.js'
import { COUNT, FIRST, flush, Round, SPACE } from './round.js'

/** Where a root's request names its targets, a bit each. */
const TARGETS = 3

/**
 * A channel, for each CPU and each root that may ask it: a line that its parent in the tree writes, and one
 * for its reply. The number of the root's round is written last, when the rest of the line is complete.
 */
const ASKED = 0
const BELOW = 1
const REPLIED = WORDS_PER_LINE
const CHANNEL_WORDS = 2 * WORDS_PER_LINE

/** Private words for each root: the number of its round, what is owed to it (0: nothing; else 1 + children that have not replied), the children. */
const NUMBER = 0
const OWED = 1
const CHILDREN = 2

/**
 * A round by messages along a tree of its targets, in the order of their numbers. A message says how many of the
 * targets that follow are below its CPU: which cuts them into parts, asks the first of each part for the
 * rest of it, flushes, and replies when all whom it has asked have replied. It waits for nobody in between: what it knows of
 * a message stands in private words, and its next look takes that further.
 */
export class MessageTree extends Round {
  static requestBlock({ cpuCount }: MachineShape): WordBlock {
    return { count: cpuCount, stride: wholeLines(TARGETS + setWords(cpuCount)) }
  }

  static channelBlock({ cpuCount }: MachineShape): WordBlock {
    return { count: cpuCount * cpuCount, stride: CHANNEL_WORDS }
  }

  static nodeWords({ cpuCount }: MachineShape, fanout: number): number {
    return cpuCount * (CHILDREN + Math.min(fanout, cpuCount))
  }

  /** First of `nodeWords` private words, and how many CPUs one asks at most. */
  nodes = 0
  fanout = 1

  #nodeOf(cpu: Port, root: number): number {
    return this.nodes + root * (CHILDREN + Math.min(this.fanout, cpu.count))
  }

  #channelOf(cpu: Port, target: number, root: number): number {
    return this.row.base + (target * cpu.count + root) * this.row.stride
  }

  protected override tell(
    cpu: Port,
    count: number,
    space: number,
    firstPage: number,
    pageCount: number,
  ): Ticket {
    if (count === 0) return DONE
    const at = this.requestOf(cpu.id)
    cpu.store(at + SPACE, space)
    cpu.store(at + FIRST, firstPage)
    cpu.store(at + COUNT, pageCount)
    for (let word = 0; word < this.words; word++) cpu.store(at + TARGETS + word, cpu.get(this.targets + word))
    const node = this.#nodeOf(cpu, cpu.id)
    cpu.set(node + NUMBER, (cpu.get(node + NUMBER) + 1) | 0)
    this.#forward(cpu, cpu.id, 0, count)
    return this.next(cpu)
  }

  /** One child after the other. */
  override next(cpu: Port): Ticket {
    const number = cpu.get(this.#nodeOf(cpu, cpu.id) + NUMBER)
    const silent = this.#silentChild(cpu, cpu.id)
    return silent < 0 ? DONE : cpu.reached(this.#channelOf(cpu, silent, cpu.id) + REPLIED, number)
  }

  /** Asks, of the `below` targets of a root from CPU `from` on, the first of each part. */
  #forward(cpu: Port, root: number, from: number, below: number): void {
    const node = this.#nodeOf(cpu, root)
    const size = Math.ceil(below / this.fanout)
    let children = 0
    let done = 0
    for (let word = from >>> 5; done < below; word++) {
      let bits = cpu.load(this.requestOf(root) + TARGETS + word)
      if (word === from >>> 5) bits &= -1 << (from & 31)
      for (; bits !== 0 && done < below; bits &= bits - 1, done++) {
        if (done % size !== 0) continue
        const child = word * 32 + (31 - Math.clz32(bits & -bits))
        cpu.set(node + CHILDREN + children, child)
        children++
        const channel = this.#channelOf(cpu, child, root)
        cpu.store(channel + BELOW, Math.min(size, below - done) - 1)
        cpu.store(channel + ASKED, cpu.get(node + NUMBER))
      }
    }
    cpu.set(node + OWED, children + 1)
  }

  /** A child that has not replied to what this CPU has sent for a root; -1: all have. */
  #silentChild(cpu: Port, root: number): number {
    const node = this.#nodeOf(cpu, root)
    for (let left = cpu.get(node + OWED) - 1; left > 0; left--) {
      const child = cpu.get(node + CHILDREN + left - 1)
      if (cpu.load(this.#channelOf(cpu, child, root) + REPLIED) !== cpu.get(node + NUMBER)) return child
      cpu.set(node + OWED, left)
    }
    return -1
  }

  /** A look at every channel. */
  override serve(cpu: Port): void {
    for (let root = 0; root < cpu.count; root++) {
      if (root === cpu.id) continue
      const node = this.#nodeOf(cpu, root)
      const asked = cpu.load(this.#channelOf(cpu, cpu.id, root) + ASKED)
      if (asked !== cpu.get(node + NUMBER)) this.#accept(cpu, root, asked)
      if (cpu.get(node + OWED) > 0 && this.mayReply(cpu, root)) this.#reply(cpu, root)
    }
  }

  #accept(cpu: Port, root: number, number: number): void {
    const below = cpu.load(this.#channelOf(cpu, cpu.id, root) + BELOW)
    cpu.set(this.#nodeOf(cpu, root) + NUMBER, number)
    // First of all: what is below works while this CPU flushes.
    this.#forward(cpu, root, cpu.id + 1, below)
    const at = this.requestOf(root)
    flush(cpu, cpu.load(at + SPACE), cpu.load(at + FIRST), cpu.load(at + COUNT), 1)
  }

  /** All that are below this CPU have replied. */
  protected mayReply(cpu: Port, root: number): boolean {
    return this.#silentChild(cpu, root) < 0
  }

  #reply(cpu: Port, root: number): void {
    const node = this.#nodeOf(cpu, root)
    cpu.set(node + OWED, 0)
    cpu.store(this.#channelOf(cpu, cpu.id, root) + REPLIED, cpu.get(node + NUMBER))
  }
}
