import type { StrategyModule } from '../../contract/strategy.js'

/** The rungs of the ladder, cheapest first. */
export const RUNGS = ['load', 'explore', 'sim', 'counts', 'tests', 'explore longer'] as const
export type Rung = (typeof RUNGS)[number]

/** One thing that a strategy is put through. */
export interface Check {
  readonly rung: Rung
  readonly name: string
  /** What is wrong, or null; what it throws is wrong as well. */
  run(module: StrategyModule): string | null
}

/** What a mutant was caught by. */
export interface Catch {
  readonly rung: Rung
  readonly strategy: string
  readonly check: string
  readonly what: string
}
