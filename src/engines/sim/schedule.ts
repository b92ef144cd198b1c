/**
 * Which CPU acts next: a winner tree over the CPUs' times. Equal times go to the lower CPU, so the
 * order is total and the same on every machine.
 */
export class Schedule {
  readonly #leaves: number
  readonly #times: Float64Array
  /** Node i holds the CPU that wins below it; node 1 is the root, leaves follow the inner nodes. */
  readonly #winners: Int32Array

  constructor(cpuCount: number) {
    let leaves = 1
    while (leaves < cpuCount) leaves *= 2
    this.#leaves = leaves
    this.#times = new Float64Array(leaves).fill(Infinity)
    this.#winners = new Int32Array(2 * leaves)
    for (let cpu = 0; cpu < leaves; cpu++) this.#winners[leaves + cpu] = cpu
    for (let node = leaves - 1; node >= 1; node--) this.#play(node)
  }

  #play(node: number): void {
    const left = this.#winners[2 * node]
    const right = this.#winners[2 * node + 1]
    this.#winners[node] = this.#times[right] < this.#times[left] ? right : left
  }

  timeOf(cpu: number): number {
    return this.#times[cpu]
  }

  set(cpu: number, time: number): void {
    this.#times[cpu] = time
    for (let node = (this.#leaves + cpu) >> 1; node >= 1; node >>= 1) this.#play(node)
  }

  get next(): number {
    return this.#winners[1]
  }

  /** The earliest time of any CPU but this one. */
  earliestOther(cpu: number): number {
    let earliest = Infinity
    for (let node = this.#leaves + cpu; node > 1; node >>= 1) {
      const time = this.#times[this.#winners[node ^ 1]]
      if (time < earliest) earliest = time
    }
    return earliest
  }
}
