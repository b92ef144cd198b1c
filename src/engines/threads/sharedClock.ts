import { clockNs } from './threadsPort.js'

/** Readings of both clocks; the two that were closest to each other count. */
const READINGS = 100

/**
 * A worker's clock begins with the process or with the worker, by the version of Node. What all have in common is the system's monotonic one, and a
 * word that says when it began for them, in microseconds: the first one who looks says it.
 * @returns nanoseconds that the common clock shows more than this worker's, to less than a microsecond
 */
export function sharedAheadNs(
  words: Int32Array<SharedArrayBuffer>,
  startWord: number,
  ownNs: () => number = clockNs,
): number {
  let aheadNs = 0
  let least = Infinity
  for (let reading = 0; reading < READINGS; reading++) {
    const before = ownNs()
    const systemNs = Number(process.hrtime.bigint())
    const after = ownNs()
    if (after - before >= least) continue
    least = after - before
    aheadNs = systemNs - (before + after) / 2
  }
  // 0 is "nobody has looked": the clock of nobody begins at an even microsecond.
  const nowUs = Math.floor((ownNs() + aheadNs) / 1000)
  const first = Atomics.compareExchange(words, startWord, 0, nowUs | 1)
  const startUs = nowUs - ((nowUs - (first === 0 ? nowUs | 1 : first)) | 0)
  return aheadNs - startUs * 1000
}
