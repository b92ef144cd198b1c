import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type MachineShape, type Placed, type WordBlock } from '../../contract/strategy.js'

/** No global tag: GLOBAL_TAG is never handed out to a space. */
export const NO_TAG = 0
/** The tag of whatever space runs on a CPU without a global one. */
export const OWN_TAG = 1
const FIRST_GLOBAL = 2

/** Of a space. */
const TAG = 0
const IN_TRANSITION = 1
/** Somebody hands a tag to the space, or has tried. */
const IS_CLAIMED = 2

export type GlobalTagWords = 'space' | 'handedOut' | 'running'

export function globalTagBlocks(shape: MachineShape): Record<GlobalTagWords, WordBlock> {
  return {
    space: { count: shape.spaceCount, stride: WORDS_PER_LINE },
    handedOut: { count: 1, stride: 1 },
    running: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }
}

/**
 * Tags that mean the same space on every CPU. A space gets one at most once, and keeps it to its end. Until every
 * CPU that runs the space has taken it over, the space is in transition.
 */
export class GlobalTags {
  readonly #placed: Readonly<Record<GlobalTagWords, Placed>>
  readonly #tagCount: number

  /** @param tagCount global tags that there are */
  constructor(placed: Readonly<Record<GlobalTagWords, Placed>>, tagCount: number) {
    this.#placed = placed
    this.#tagCount = tagCount
  }

  #of(space: number): number {
    return this.#placed.space.base + space * this.#placed.space.stride
  }

  tagOf(cpu: Port, space: number): number {
    return cpu.load(this.#of(space) + TAG)
  }

  /** The transition begins before anybody can run under the tag. None is left: the space goes without. */
  handOut(cpu: Port, space: number): void {
    const at = this.#of(space)
    if (cpu.load(at + IS_CLAIMED) !== 0 || cpu.compareExchange(at + IS_CLAIMED, 0, 1) !== 0) return
    const number = cpu.add(this.#placed.handedOut.base, 1)
    if (number >= this.#tagCount) return
    cpu.store(at + IN_TRANSITION, 1)
    cpu.store(at + TAG, FIRST_GLOBAL + number)
  }

  /** Its number is not handed out again; the next life of the space may get another one. */
  retire(cpu: Port, space: number): void {
    const at = this.#of(space)
    cpu.store(at + TAG, NO_TAG)
    cpu.store(at + IN_TRANSITION, 0)
    cpu.store(at + IS_CLAIMED, 0)
  }

  isInTransition(cpu: Port, space: number): boolean {
    return cpu.load(this.#of(space) + IN_TRANSITION) !== 0
  }

  endTransition(cpu: Port, space: number): void {
    cpu.store(this.#of(space) + IN_TRANSITION, 0)
  }

  #runningOf(cpu: number): number {
    return this.#placed.running.base + cpu * this.#placed.running.stride
  }

  /** Noted after the tag is loaded: noted before, this CPU would pass for moved while it can still use the old one. */
  noteRunning(cpu: Port, tag: number): void {
    cpu.store(this.#runningOf(cpu.id), tag)
  }

  runsUnder(cpu: Port, other: number, tag: number): boolean {
    return cpu.load(this.#runningOf(other)) === tag
  }
}
