/**
 * Passes results on in the order of the plan, whatever order they arrive in: files written twice with the same seed are
 * then the same, and a crash loses at most what waits here.
 */
export class InOrder<T> {
  readonly #pass: (item: T) => void
  readonly #waiting = new Map<number, T>()
  #next = 0

  constructor(pass: (item: T) => void) {
    this.#pass = pass
  }

  add(index: number, item: T): void {
    this.#waiting.set(index, item)
    while (this.#waiting.has(this.#next)) {
      const ready = this.#waiting.get(this.#next) as T
      this.#waiting.delete(this.#next)
      this.#next++
      this.#pass(ready)
    }
  }

  /** Passes on what waits for items that will not come. */
  flush(): void {
    const rest = [...this.#waiting].sort(([a], [b]) => a - b)
    this.#waiting.clear()
    for (const [, item] of rest) this.#pass(item)
  }
}
