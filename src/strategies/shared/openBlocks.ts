import { reachedSerial } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import { WORDS_PER_LINE, type MachineShape, type Placed, type WordBlock } from '../../contract/strategy.js'

const CLOSED = 0
/** Generations are odd, so that none is CLOSED, however often they wrap. */
const STEP = 2

export type BlockWords = 'generation' | 'passed' | 'block'

export function openBlockWords(shape: MachineShape): Record<BlockWords, WordBlock> {
  return {
    generation: { count: 1, stride: WORDS_PER_LINE },
    passed: { count: 1, stride: WORDS_PER_LINE },
    block: { count: shape.cpuCount, stride: WORDS_PER_LINE },
  }
}

/**
 * Blocks of delayed invalidation, one at most for each CPU: open while it may have changed entries and
 * not flushed them. Each has a generation, and one word says up to which generation all blocks are closed.
 *
 * A block is published under a generation that its own will not be below, then it takes its own. Who closes
 * one reads how far generations have been handed out, and then who is open. Taken first, another CPU could
 * close its block in between, see nobody open, and let a generation pass whose block only begins.
 */
export class OpenBlocks {
  protected readonly generation: number
  readonly passed: number
  protected readonly block: Placed

  constructor(words: Readonly<Record<BlockWords, Placed>>) {
    this.generation = words.generation.base
    this.passed = words.passed.base
    this.block = words.block
  }

  protected blockOf(cpu: number): number {
    return this.block.base + cpu * this.block.stride
  }

  open(cpu: Port): void {
    const block = this.blockOf(cpu.id)
    cpu.store(block, cpu.load(this.generation) + 1)
    // A full barrier between the two.
    cpu.store(block, cpu.add(this.generation, STEP) + 1)
  }

  /** Of this CPU's open block. */
  generationOf(cpu: Port): number {
    return cpu.load(this.blockOf(cpu.id))
  }

  /**
   * By exchange: of two CPUs that close at the same time one at least must see the other's block closed, or
   * nobody would let the generations of both pass.
   */
  close(cpu: Port): void {
    cpu.exchange(this.blockOf(cpu.id), CLOSED)
  }

  /** After `close`. @returns false: another CPU was just doing it, try again */
  letPass(cpu: Port): boolean {
    let oldest = cpu.load(this.generation)
    for (let other = 0; other < cpu.count; other++) {
      const generation = cpu.load(this.blockOf(other))
      if (generation !== CLOSED && reachedSerial(oldest, generation)) oldest = (generation - 1) | 0
    }
    const before = cpu.load(this.passed)
    if (reachedSerial(before, oldest)) return true
    return cpu.compareExchange(this.passed, before, oldest) === before
  }

  hasPassed(cpu: Port, generation: number): boolean {
    return reachedSerial(cpu.load(this.passed), generation)
  }
}
