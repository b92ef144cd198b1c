import { UsageError } from '../../contract/usageError.js'

/** Makes the errors of one tape: all name the workload, the CPU and the instruction. */
export class Misuse {
  readonly #workload: string
  readonly #cpu: number

  constructor(workload: string, cpu: number) {
    this.#workload = workload
    this.#cpu = cpu
  }

  /** @param instruction its number on the tape, as watchdogs count them: 0 is the first of the setup */
  at(instruction: number, reason: string, remedy: string): UsageError {
    const place = `CPU ${this.#cpu}, instruction ${instruction}`
    return new UsageError(`workload ${this.#workload}`, `${place}: ${reason}`, [], remedy)
  }

  /** @throws unless the value is an integer from `min` to `max`; anything else would be cut to 32 bits without a word */
  checkWhole(instruction: number, what: string, value: number, min: number, max: number): void {
    if (Number.isInteger(value) && value >= min && value <= max) return
    const remedy = `give a whole number from ${min} to ${max}`
    throw this.at(instruction, `${what} ${value} is not from ${min} to ${max}`, remedy)
  }
}
