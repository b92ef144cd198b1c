import type { Strategy, StrategyHost, StrategyModule } from '../contract/strategy.js'

/**
 * A planted defect: a real strategy with one thing wrong, and what a search must offer to find it.
 * Its `base` is the same strategy without the fault; a checker that reports the base is wrong itself.
 * A checker is trusted as far as the defects that it has found, so a defect that nobody finds stays,
 * as a known limit of the search.
 */
export interface Defect {
  /** The file's name. */
  readonly name: string
  /** Number in the list of known traps, or a source: a kernel, a commit, a paper. */
  readonly trap: string
  /** A file of src/strategies or src/testing/bases. */
  readonly base: string
  /** What was changed, and the schedule that it breaks under. */
  readonly breaks: string
  /** Invariants of docs/invariants.md that may show. */
  readonly expects: readonly Invariant[]
  readonly needs: Needs
  /** States that the explorer looks at before it finds it, with some room; missing: it awaits something. */
  readonly foundWithin?: number
}

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11'

/** The smallest case in which the schedule fits, by reasoning; a search may find that it needs more. */
export interface Needs {
  /** What a CPU of the search may choose to do: names of src/engines/explore/exploreCase.ts, those that it does not know yet included. */
  readonly operations: readonly string[]
  /** What each CPU may choose of them, where that is not the same: the last list is for all that follow. */
  readonly roles?: readonly (readonly string[])[]
  readonly isGuest?: boolean
  readonly freesTables?: boolean
  readonly cpus: number
  readonly pages: number
  /** Operations of one CPU. */
  readonly operationCount: number
  /** Ticks of each CPU. */
  readonly ticks: number
  /** Interrupts that nobody has sent, of each CPU. */
  readonly spurious?: number
  /** `hooks`: preempted at every access of a hook to a shared word; `none`: between steps only. */
  readonly preempt: 'none' | 'hooks'
  readonly parameters?: Readonly<Record<string, number>>
  /** Frames that the pool has for user pages. */
  readonly frames?: number
  readonly serialStart?: number
  /** Plain stores become visible late. */
  readonly storeBuffer?: boolean
  /** What the contract, the kernel side or the oracle does not have yet; until then the defect is hidden. */
  readonly awaits?: string
}

/** The module of the base with another strategy behind it. */
export function plant<W extends string, P extends string>(
  base: StrategyModule<W, P>,
  fault: string,
  create: (host: StrategyHost<W, P>) => Strategy,
): StrategyModule<W, P> {
  return { ...base, summary: `a planted defect: ${fault}`, source: 'none', create }
}
