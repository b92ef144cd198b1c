import type { Verdict } from './conform.js'

/** What the process of the checks is asked for. All of it has been read once, so that nothing is wrong with it. */
export interface ConformWork {
  /** As `--strategy` takes them. */
  readonly strategies: string
  readonly checks: readonly string[]
  readonly tapes: number
  readonly seed: number
  /** This one only; null: random ones. */
  readonly tape: string | null
}

/** One check of one strategy. */
export interface CheckPlace {
  readonly strategy: string
  readonly check: string
}

export type ConformMessage =
  | { readonly kind: 'progress'; readonly place: CheckPlace; readonly tapes: number }
  | { readonly kind: 'verdict'; readonly place: CheckPlace; readonly verdict: Verdict }
  | { readonly kind: 'error'; readonly message: string }
