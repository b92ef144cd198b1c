import type { Demand } from '../contract/strategy.js'
import { partOf, type Parts } from './parts.js'

/**
 * A demand can name changes of several parts. Each part is asked for its own, one after the other, because a CPU waits for
 * one ticket at a time.
 */

/**
 * Moves the changes that belong to the part of the first one to the front, in their order; how many. What is behind them
 * keeps its order too.
 */
export function gatherPart(parts: Parts, demand: Demand, count: number): number {
  if (parts.count === 1) return count
  const part = partOf(parts, demand.owners[0])
  let gathered = 0
  for (let i = 0; i < count; i++) {
    if (partOf(parts, demand.owners[i]) !== part) continue
    for (const array of arraysOf(demand)) {
      const moved = array[i]
      array.copyWithin(gathered + 1, gathered, i)
      array[gathered] = moved
    }
    gathered++
  }
  return gathered
}

/** The first `asked` items were handed over: those behind them come to the front. */
export function dropAsked(demand: Demand, asked: number, rest: number): void {
  for (const array of arraysOf(demand)) array.copyWithin(0, asked, asked + rest)
}

function arraysOf({ owners, serials, tags, spaces }: Demand): readonly Int32Array[] {
  return [owners, serials, tags, spaces]
}
