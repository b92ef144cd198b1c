/**
 * The states that were seen, by their hash of 64 bits: open addressing over two arrays. Beside each
 * the least depth at which it was reached, for the search for a shortest schedule.
 */
const FIRST_CAPACITY = 1 << 16
/** Beyond 2^27 slots of 10 bytes nobody has the memory. */
const MOST_CAPACITY = 1 << 27
const FULLEST = 0.6

export class Visited {
  #low = new Int32Array(FIRST_CAPACITY)
  #high = new Int32Array(FIRST_CAPACITY)
  #depth = new Uint16Array(FIRST_CAPACITY)
  #mask = FIRST_CAPACITY - 1
  count = 0

  /** True when the state is new, or was reached only by longer schedules before. */
  add(low: number, high: number, depth: number): boolean {
    // (0, 0) marks a free slot; the state with that hash shares its slot with the one beside it.
    const key = low === 0 && high === 0 ? 1 : high
    // From the key, as it is found again after the table has grown.
    let at = (low ^ (key << 7)) & this.#mask
    while (this.#low[at] !== 0 || this.#high[at] !== 0) {
      if (this.#low[at] === low && this.#high[at] === key) {
        if (this.#depth[at] <= depth) return false
        this.#depth[at] = depth
        return true
      }
      at = (at + 1) & this.#mask
    }
    this.#low[at] = low
    this.#high[at] = key
    this.#depth[at] = depth
    this.count++
    if (this.count > FULLEST * (this.#mask + 1)) this.#grow()
    return true
  }

  get isFull(): boolean {
    return this.count > FULLEST * MOST_CAPACITY - 1
  }

  #grow(): void {
    const capacity = (this.#mask + 1) * 2
    if (capacity > MOST_CAPACITY) return
    const low = this.#low
    const high = this.#high
    const depth = this.#depth
    this.#low = new Int32Array(capacity)
    this.#high = new Int32Array(capacity)
    this.#depth = new Uint16Array(capacity)
    this.#mask = capacity - 1
    for (let i = 0; i < low.length; i++) {
      if (low[i] === 0 && high[i] === 0) continue
      let at = (low[i] ^ (high[i] << 7)) & this.#mask
      while (this.#low[at] !== 0 || this.#high[at] !== 0) at = (at + 1) & this.#mask
      this.#low[at] = low[i]
      this.#high[at] = high[i]
      this.#depth[at] = depth[i]
    }
  }
}
