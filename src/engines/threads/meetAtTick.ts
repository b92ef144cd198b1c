import { reachedSerial } from '../../contract/change.js'
import type { Cpu } from '../cpu.js'
import type { Sleeper } from './sleeper.js'

/**
 * In the drain all CPUs sweep in step: the next tick comes when everybody has taken this one.
 * @param takeEvents who waits goes on answering interrupts
 */
export function meetAtTick(
  words: Int32Array<SharedArrayBuffer>,
  { id, cell }: Cpu,
  sleeper: Sleeper,
  takeEvents: () => boolean,
): void {
  const { ticksTaken } = cell.control
  const target = Atomics.add(words, ticksTaken.base + id * ticksTaken.stride, 1) + 1
  const all = () => {
    for (let cpu = 0; cpu < cell.config.cpuCount; cpu++) {
      if (!reachedSerial(Atomics.load(words, ticksTaken.base + cpu * ticksTaken.stride), target)) return false
    }
    return true
  }
  while (!all()) if (takeEvents()) sleeper.wait(all, false)
}
