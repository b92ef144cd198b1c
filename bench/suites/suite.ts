/** What one call of a side has taken. */
export interface Sample {
  readonly ns: number
  readonly operations: number
}

export type Target =
  /** At most this many times what the other side takes. */
  | { readonly kind: 'ratio'; readonly most: number }
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

/** What a suite has measured, one row for each side. */
export interface SuiteRow {
  suite: string
  task: string
  operation: string
  unit: 'ns' | 'MB'
  /** Median over the rounds, per operation. */
  median: number
  per_second: number | null
  against: string | null
  /** Median of the ratios of the rounds, and where their middle 90 % lie. */
  ratio: number | null
  ratio_p5: number | null
  ratio_p95: number | null
  rounds: number
  target: string | null
  met: boolean | null
}

/** What a fresh process says of itself, MB: `bare` before it made a machine, `peak` at its highest. */
export interface Memory {
  bare: number
  peak: number
}

/** A suite as its file exports it. It is given milliseconds to spend. */
export type SuiteRun = (name: string, budgetMs: number) => Promise<SuiteRow[]>

export function targetText(target: Target | undefined, unit: SuiteRow['unit']): string | null {
  if (target === undefined) return null
  if (target.kind === 'rate') return `>= ${target.least / 1e6} M/s`
  return target.kind === 'ratio' ? `<= ${target.most}x` : `<= ${target.most} ${unit}`
}

/** @returns null where there is no target, or not what it is about */
export function isMet(
  target: Target | undefined,
  measured: { median: number; ratio: number | null; perSecond: number | null },
): boolean | null {
  if (target === undefined) return null
  const { median, ratio, perSecond } = measured
  if (target.kind === 'rate') return perSecond === null ? null : perSecond >= target.least
  const value = target.kind === 'ratio' ? ratio : median
  return value === null ? null : value <= target.most
}

export function clockNs(): number {
  return Number(process.hrtime.bigint())
}

/** A suite that measures something else than it says is worse than none. */
export function mustBe(what: string, seen: number, wanted: number): void {
  if (seen !== wanted) throw new Error(`${what}: ${seen} instead of ${wanted}`)
}
