import { WORDS_PER_LINE } from '../../contract/strategy.js'
import type { Topology } from './topology.js'

/** No transfer: the line is in this CPU's cache in its present version. */
export const LINE_IS_HERE = -1

/** Lines that a CPU is taken to still have, direct-mapped: strategies touch few at a time. */
const SEEN_LINES = 128
/** log2 of WORDS_PER_LINE. */
const LINE_SHIFT = 4

/**
 * What a shared word costs by the state of its cache line: who wrote it last, whether somebody has
 * read it since, and whether this CPU has its present version. A line is read by transfer from its
 * last writer; written by taking it away from the last writer, or from the last reader where the
 * writer is the same.
 */
export class Lines {
  readonly #topology: Topology
  readonly #writer: Int16Array
  readonly #reader: Int16Array
  readonly #version: Int32Array
  readonly #seenLine: Int32Array
  readonly #seenVersion: Int32Array

  constructor(topology: Topology, wordCount: number, cpuCount: number) {
    const lineCount = Math.ceil(wordCount / WORDS_PER_LINE) + 1
    this.#topology = topology
    this.#writer = new Int16Array(lineCount).fill(-1)
    this.#reader = new Int16Array(lineCount).fill(-1)
    this.#version = new Int32Array(lineCount)
    this.#seenLine = new Int32Array(cpuCount * SEEN_LINES).fill(-1)
    this.#seenVersion = new Int32Array(cpuCount * SEEN_LINES)
  }

  /** @returns the distance that the line travels, or LINE_IS_HERE */
  read(cpu: number, word: number): number {
    const line = word >> LINE_SHIFT
    const writer = this.#writer[line]
    // A line that nobody has written is still in memory order: the first touch is not charged.
    if (writer < 0 || writer === cpu) return LINE_IS_HERE
    const seen = cpu * SEEN_LINES + (line & (SEEN_LINES - 1))
    if (this.#seenLine[seen] === line && this.#seenVersion[seen] === this.#version[line]) return LINE_IS_HERE
    this.#seenLine[seen] = line
    this.#seenVersion[seen] = this.#version[line]
    this.#reader[line] = cpu
    return this.#topology.distance(cpu, writer)
  }

  write(cpu: number, word: number): number {
    const line = word >> LINE_SHIFT
    const writer = this.#writer[line]
    const reader = this.#reader[line]
    this.#writer[line] = cpu
    this.#reader[line] = -1
    this.#version[line]++
    if (writer === cpu) return reader < 0 ? LINE_IS_HERE : this.#topology.distance(cpu, reader)
    return writer < 0 ? LINE_IS_HERE : this.#topology.distance(cpu, writer)
  }
}
