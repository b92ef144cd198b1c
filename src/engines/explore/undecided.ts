/**
 * The states of which the depth-first search does not know yet that an end can be reached from them.
 * All others that it has visited can reach one, so nothing has to be kept for these.
 *
 * As soon as the search meets an end, or a state that can reach one, everything here can reach it too:
 * each of these states leads to a state of the present path (else it would have been reported), and
 * from there to the top of the path, where the end was met. So the set is emptied as a whole, nearly
 * always when it holds a few states, and a path that has met its end costs nothing more.
 *
 * The numbers are those of Tarjan's algorithm: a state that cannot reach one with a lower number is
 * the root of a component, and all from it on are that component.
 */
const FIRST_CAPACITY = 1 << 10

export class Undecided {
  /** By slot the state's number; one that is not above `#decided` was let go, and its slot is free. */
  #slots = new Int32Array(FIRST_CAPACITY)
  #mask = FIRST_CAPACITY - 1
  /** Hashes in the order of the numbers, from the one after `#decided` on. */
  #low = new Int32Array(FIRST_CAPACITY)
  #high = new Int32Array(FIRST_CAPACITY)
  /** Numbers up to this one are of states that can reach an end. */
  #decided = 0
  #last = 0

  get isEmpty(): boolean {
    return this.#last === this.#decided
  }

  /** The number given last. */
  get last(): number {
    return this.#last
  }

  /** @returns the state's number */
  add(low: number, high: number): number {
    const count = this.#last - this.#decided
    if (count * 2 > this.#mask) this.#grow()
    this.#low[count] = low
    this.#high[count] = high
    this.#last++
    this.#place(low, high, this.#last)
    return this.#last
  }

  #place(low: number, high: number, number: number): void {
    let at = (low ^ (high << 7)) & this.#mask
    while (this.#slots[at] > this.#decided) at = (at + 1) & this.#mask
    this.#slots[at] = number
  }

  /** The state's number; 0: it is none of these. */
  numberOf(low: number, high: number): number {
    const decided = this.#decided
    let at = (low ^ (high << 7)) & this.#mask
    for (let number = this.#slots[at]; number > decided; number = this.#slots[at]) {
      const index = number - decided - 1
      if (this.#low[index] === low && this.#high[index] === high) return number
      at = (at + 1) & this.#mask
    }
    return 0
  }

  has(number: number): boolean {
    return number > this.#decided
  }

  /** An end was met at the top of the path. */
  release(): void {
    this.#decided = this.#last
  }

  #grow(): void {
    const count = this.#last - this.#decided
    const capacity = (this.#mask + 1) * 2
    const low = new Int32Array(capacity)
    const high = new Int32Array(capacity)
    low.set(this.#low)
    high.set(this.#high)
    this.#low = low
    this.#high = high
    this.#slots = new Int32Array(capacity)
    this.#mask = capacity - 1
    for (let index = 0; index < count; index++)
      this.#place(low[index], high[index], this.#decided + index + 1)
  }
}
