import type { Port } from '../../contract/port.js'
import type { MachineShape, Placed, WordBlock } from '../../contract/strategy.js'
import type { FlushCounters } from './flushCounters.js'
import { wholeLines } from './lines.js'

const HEAD = 0
const TAIL = 1
const ENTRIES = 2
/** Of an entry: the counter when it was queued, and the last serial that it stands for. */
const STAMP = 0
const SERIAL = 1
const ENTRY_WORDS = 2

export function queueWords(shape: MachineShape, entries: number): WordBlock {
  return { count: shape.cpuCount, stride: wholeLines(ENTRIES + entries * ENTRY_WORDS) }
}

/** A ring for each CPU, which only that CPU touches, of operations that wait for a flush. One entry stays free, as in Linux' fq_full. */
export class FlushQueue {
  readonly #placed: Placed
  readonly #counters: FlushCounters
  protected readonly size: number

  constructor(placed: Placed, counters: FlushCounters, size: number) {
    this.#placed = placed
    this.#counters = counters
    this.size = size
  }

  isFull(cpu: Port): boolean {
    const at = this.#of(cpu)
    return (cpu.load(at + TAIL) + 1) % this.size === cpu.load(at + HEAD)
  }

  /** An entry for all that this CPU has issued and not queued before. */
  add(cpu: Port): void {
    const at = this.#of(cpu)
    const tail = cpu.load(at + TAIL)
    const entry = at + ENTRIES + tail * ENTRY_WORDS
    cpu.store(entry + STAMP, this.#counters.stamp(cpu))
    cpu.store(entry + SERIAL, cpu.issued(cpu.id))
    cpu.store(at + TAIL, (tail + 1) % this.size)
  }

  /** Settles what has been flushed since it was queued, by whichever CPU; the oldest first. */
  free(cpu: Port): void {
    const at = this.#of(cpu)
    const tail = cpu.load(at + TAIL)
    const first = cpu.load(at + HEAD)
    let head = first
    let serial = 0
    while (head !== tail && this.isFree(cpu, at + ENTRIES + head * ENTRY_WORDS)) {
      serial = cpu.load(at + ENTRIES + head * ENTRY_WORDS + SERIAL)
      head = (head + 1) % this.size
    }
    if (head === first) return
    cpu.store(at + HEAD, head)
    cpu.settle(cpu.id, serial)
  }

  protected isFree(cpu: Port, entry: number): boolean {
    return this.#counters.isFlushed(cpu, cpu.load(entry + STAMP))
  }

  #of(cpu: Port): number {
    return this.#placed.base + cpu.id * this.#placed.stride
  }
}
