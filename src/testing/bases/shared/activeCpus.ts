import type { Port } from '../../../contract/port.js'
import type { Placed } from '../../../contract/strategy.js'
import type { CpuSet } from '../../../contract/port.js'
import { KERNEL_SPACE } from '../../../contract/page.js'
import { Round } from '../../../strategies/shared/round.js'

/** A space's word: nobody has run it, more than one CPU has, or the number of the only one plus 1. */
const NOBODY = 0
const MANY = -1

/** Which CPU is the only one that has ever run a space. It never goes back from many. */
export class ActiveCpus {
  protected readonly placed: Placed

  constructor(placed: Placed) {
    this.placed = placed
  }

  protected wordOf(space: number): number {
    return this.placed.base + space * this.placed.stride
  }

  /** Before the space is loaded: an initiator that still reads itself here has written its entry before. */
  enter(cpu: Port, space: number): void {
    const own = cpu.id + 1
    const before = cpu.compareExchange(this.wordOf(space), NOBODY, own)
    if (before !== NOBODY && before !== own) cpu.store(this.wordOf(space), MANY)
    // A load must not pass the store: the walker reads the entry when the space is loaded.
    cpu.fence()
  }

  isOnlyMe(cpu: Port, space: number): boolean {
    return cpu.load(this.wordOf(space)) === cpu.id + 1
  }
}

/** A round that tells nobody where nobody else has ever run the space. */
export class ActiveRound extends Round {
  /** Set by the strategy that makes both. */
  active!: ActiveCpus

  protected override findTargets(cpu: Port, space: number): number {
    if (space === KERNEL_SPACE || !this.active.isOnlyMe(cpu, space)) return super.findTargets(cpu, space)
    this.forget(cpu, this.targets)
    return 0
  }

  protected forget(cpu: Port, set: CpuSet): void {
    for (let word = 0; word < this.words; word++) cpu.set(set + word, 0)
  }
}
