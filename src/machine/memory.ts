/**
 * Words that several CPUs share, as the machine and the page-table library reach them. `threads`
 * backs it with `Atomics`, `sim` with plain accesses (one CPU runs at a time), the explorer with a
 * log that can preempt at each call. Sequentially consistent; values are signed 32-bit.
 *
 * Only one implementation is loaded per isolate: a second class at these call sites costs several
 * times the access itself.
 */
export interface Memory {
  load(word: number): number
  store(word: number, value: number): void
  add(word: number, delta: number): number
  or(word: number, bits: number): number
  and(word: number, bits: number): number
  exchange(word: number, value: number): number
  compareExchange(word: number, expected: number, value: number): number
  /**
   * Plain accesses, for words that are private to this CPU, guarded by a lock that it holds, or
   * written once before they are published by an atomic store. Anything else would be a data race.
   */
  peek(word: number): number
  poke(word: number, value: number): void
}
