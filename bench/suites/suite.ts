/** What one call of a side has taken. */
export interface Sample {
  readonly ns: number
  readonly operations: number
}

export type Target =
  /** At most this many times what the other side takes. */
  | { readonly kind: 'ratio'; readonly most: number }
  /** No more and no less than what the other side takes. */
  | { readonly kind: 'same' }
  /** At least this many operations in a second. */
  | { readonly kind: 'rate'; readonly least: number }
  /** At most this many, in the unit of the row. */
  | { readonly kind: 'value'; readonly most: number }

/** One thing that is measured. All sides of a suite run in one process, round by round. */
export interface Side {
  readonly name: string
  /** What is counted as one operation. */
  readonly operation: string
  /** The side that it is held against: mostly the bare loop that it cannot beat. */
  readonly against?: string
  readonly target?: Target
  /** tinybench would call the function once to find out. */
  readonly isAsync: boolean
  sample(): Sample | Promise<Sample>
}

/** What one process has measured of one side. */
export interface SideRow {
  suite: string
  task: string
  operation: string
  unit: 'ns' | 'MB'
  /** Median over the rounds, per operation. */
  value: number
  against: string | null
  /** Median of the ratios of the rounds. */
  ratio: number | null
  rounds: number
  target: Target | null
}

/** What a fresh process says of itself, MB: `bare` before it made a machine, `peak` at its highest. */
export interface Memory {
  bare: number
  peak: number
}

/**
 * A timed suite as its file exports it: makes its sides, hands them to whoever measures them, and clears up when that
 * has ended. So the gate can hold a side of one build against the same side of another.
 */
export type Suite = <T>(use: (sides: readonly Side[]) => Promise<T>) => Promise<T>

/** One that takes no time to measure, and is not timed. */
export type UntimedSuite = (name: string) => Promise<SideRow[]>

export function clockNs(): number {
  return Number(process.hrtime.bigint())
}

/** A suite that measures something else than it says is worse than none. */
export function mustBe(what: string, seen: number, wanted: number): void {
  if (seen !== wanted) throw new Error(`${what}: ${seen} instead of ${wanted}`)
}
