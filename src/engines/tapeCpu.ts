import type { TapeSet } from '../contract/tape.js'
import type { Memory } from '../machine/memory.js'
import type { Kernel } from '../pagetable/kernel.js'
import type { CellWords } from './cellWords.js'

/** What a tape needs of the CPU that runs it. */
export interface TapeCpu {
  readonly id: number
  readonly cell: CellWords
  readonly tapes: TapeSet
  readonly memory: Memory
  readonly kernel: Kernel
  /** This CPU's private words; position words first. */
  readonly privates: Int32Array
  readonly p: Int32Array
  readonly counters: Float64Array
  nowNs(): number
  /** Every CPU is asked for a tick: engines in which CPUs sleep wake them. */
  ticksRequested(): void
}
