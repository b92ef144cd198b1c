import type { Cpu } from '../cpu.js'
import { clockNs } from './threadsPort.js'

/** How far this CPU's changes have been settled, by whomever, and which are late. */
export function lookAtPending({ watch, cell, id }: Cpu, words: Int32Array<SharedArrayBuffer>): void {
  const { watermark } = cell.machine
  const now = clockNs()
  for (let owner = id * cell.parts.count; owner < (id + 1) * cell.parts.count; owner++)
    watch.settledUpTo(owner, Atomics.load(words, watermark.base + owner * watermark.stride), now)
  watch.judgeDeadlines(now)
}
