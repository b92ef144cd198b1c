import type { Port } from '../../contract/port.js'
import type { Placed } from '../../contract/strategy.js'

/** A space's word: nobody has run it, more than one CPU has, or the number of the only one plus 1. */
const NOBODY = 0
const MANY = -1

/** Which CPU is the only one that has ever run a space. It goes back from many with the end of the space only. */
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

  /** Nobody has run its next life yet. */
  forget(cpu: Port, space: number): void {
    cpu.store(this.wordOf(space), NOBODY)
  }

  isOnlyMe(cpu: Port, space: number): boolean {
    return cpu.load(this.wordOf(space)) === cpu.id + 1
  }
}
