/** What a gate run has found: plain JSON, from which every output is made. */

export type Outcome =
  /** Nothing is worse. */
  | 'pass'
  | 'regression'
  /** Measured, and not enough to tell; or the control says that this measurement tells nothing. */
  | 'inconclusive'
  /** The baseline does not describe this tree any more: better, new, missing, or not comparable. */
  | 'outdated'
  /** A strategy broke its promise, or a repetition failed. */
  | 'violation'

/** Engine, strategy, workload, CPUs, and parameters where they are not all defaults: one line for a reader. */
export type CellName = string

export type ExactKind = 'worse' | 'tolerated' | 'better' | 'missing' | 'new' | 'not comparable'

/** One thing in which a cell differs from the baseline. */
export interface ExactFinding {
  kind: ExactKind
  cell: CellName
  /** `full` is the verified repetition, `local` the timed one. Empty where the whole cell is meant. */
  oracle: 'full' | 'local' | ''
  /** Column of the baseline; empty where the whole cell is meant. */
  metric: string
  /** Null: unknown. Texts for hashes. */
  before: number | string | null
  after: number | string | null
  /** `after` divided by `before`; null where that is no number. */
  ratio: number | null
}

export interface ExactVerdict {
  tier: 'exact'
  outcome: Outcome
  /** One sentence for whoever reads nothing else. */
  reason: string
  /** What to do about it; empty where nothing has to be done. */
  remedy: string
  /** Cells that the gate ran. */
  cellCount: number
  /** Figures that were held against the baseline. */
  comparedCount: number
  findings: ExactFinding[]
  violations: string[]
}

/** What one batch of processes has found of one pair of builds on one cell. Ratios: above 1 is slower. */
export interface Comparison {
  /** Fresh processes, each one observation: the median log-ratio of its rounds. */
  processes: number
  /** Hodges-Lehmann estimate over the processes. */
  ratio: number
  /** Two-sided interval that belongs to the signed-rank test. */
  low: number
  high: number
  coverage: number
  /** Signed-rank, one-sided (slower) for the pair in question, two-sided for the control. */
  p: number
  /** Holm, over all cells of the batch. */
  pAdjusted: number
}

export type CellOutcome = 'pass' | 'regression' | 'inconclusive'

export interface CellVerdict {
  cell: CellName
  outcome: CellOutcome
  /** Why, in a few words: `slower in both batches`, `not confirmed`, `too noisy for 5 %`. */
  reason: string
  /** What one operation takes, ns: medians over the processes. Figures of this machine, for orientation. */
  baseNs: number
  headNs: number
  /** Head against base. */
  batch: Comparison
  /** Head against a second build of head, in the same processes. */
  control: Comparison
  /** Of the second, independent batch; null where none was asked for or the time did not reach. */
  confirmation: Comparison | null
  /** Slowdown that this rule finds in 95 of 100 gate runs as noisy as this one, as a ratio: 1.05 is 5 %. Null: none below the limit of the search. */
  detectable: number | null
  /** Slowdown that is looked for here, as a ratio; what counts as one is more than half of it. */
  target: number
}

export interface WallClockVerdict {
  tier: 'wall-clock'
  outcome: Outcome
  reason: string
  remedy: string
  /** The commit, and how it was asked for. */
  base: { ref: string; commit: string }
  head: { commit: string | null; dirty: boolean | null }
  /** What is looked for where a cell has no target of its own: 1.05 is a slowdown of 5 %. */
  target: number
  /** Least ratio of the estimate that counts as a slowdown, whatever its significance. */
  leastRatio: number
  /** Level of each of the two batches, over all cells. */
  alpha: number
  budgetSeconds: number
  seed: number
  cells: CellVerdict[]
  violations: string[]
  /** Cells that were not compared, each with its reason, among them. */
  warnings: string[]
}

export type Verdict = ExactVerdict | WallClockVerdict
