import type { TapeWriter } from '../../contract/workload.js'

/**
 * `ops` ops in laps over a region of `length` pages; the last lap is shorter where they do not divide.
 * @param lap writes one lap of so many ops
 */
export function writeLaps(tape: TapeWriter, ops: number, length: number, lap: (ops: number) => void): void {
  const whole = Math.floor(ops / length)
  const rest = ops % length
  if (whole > 0) tape.loop(whole, () => lap(length))
  if (rest > 0) lap(rest)
}
