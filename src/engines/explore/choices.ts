/**
 * The choices that one transition makes on the way (which CPUs have filled an entry just before it is
 * written), as digits of an odometer: the transition is run again with each combination. A digit that
 * is not planned is 0, which always means that nothing special happens.
 */
const MOST_DIGITS = 8

export class Choices {
  readonly digits = new Int32Array(MOST_DIGITS)
  readonly #arities = new Int32Array(MOST_DIGITS)
  /** Digits that the next run does not choose anew. */
  planned = 0
  /** Digits used by the last run. */
  count = 0

  static readonly most: number = MOST_DIGITS

  reset(): void {
    this.planned = 0
    this.count = 0
  }

  plan(digits: Int32Array, at: number, count: number): void {
    for (let i = 0; i < count; i++) this.digits[i] = digits[at + i]
    this.planned = count
  }

  /** One of `arity` possibilities. */
  choose(arity: number): number {
    if (this.count === MOST_DIGITS) throw new Error('a transition makes more choices than the explorer keeps')
    const index = this.count++
    if (index >= this.planned) this.digits[index] = 0
    this.#arities[index] = arity
    return this.digits[index]
  }

  /** The last run has asked for all that was planned, and nothing planned was out of range. */
  get isExhausted(): boolean {
    for (let index = 0; index < this.count; index++)
      if (this.digits[index] >= this.#arities[index]) return false
    return this.planned <= this.count
  }

  /** Plans the next combination; false when all were run. */
  next(): boolean {
    for (let index = this.count - 1; index >= 0; index--) {
      if (this.digits[index] + 1 >= this.#arities[index]) continue
      this.digits[index]++
      this.planned = index + 1
      return true
    }
    this.reset()
    return false
  }
}
