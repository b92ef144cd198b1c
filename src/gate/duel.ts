/**
 * One observation of the wall-clock gate: a fresh process in which builds run the same work round by round. Plain JSON
 * both ways; the process itself is bench/duelProcess.ts, because what it measures stands in bench/.
 */

/** `again` is a second build of head: what the method makes of no difference at all. */
export const SIDES = ['base', 'head', 'again'] as const
export type Side = (typeof SIDES)[number]

/** Something that can be measured, in any build that has it. */
export interface WallCell {
  /** `threads/immediate/munmap-storm/2` or `suite/tlb-hit/hit, runs of 64`. */
  readonly name: string
  /** For the `open` of a build's bench/contestant.ts. */
  readonly request: unknown
  /** Measured when nobody chooses. */
  readonly isDefault: boolean
  /** CPUs that it keeps busy at once. */
  readonly cores: number
  /** In place of the matrix's: what one thread does needs less. */
  readonly measuredMs?: number
  /** The slowdown that is looked for, 1.1 for 10 %, where the rule's own is out of reach in any time that one would wait. */
  readonly target?: number
}

/** How long an observation takes. */
export interface DuelTimes {
  readonly warmupMs: number
  readonly measuredMs: number
}

export interface Duel extends DuelTimes {
  readonly request: unknown
  /** Folder of each build. */
  readonly roots: Record<Side, string>
  /** Decides the order in which the builds are loaded, and the order in every round. */
  readonly seed: number
}

export interface DuelDone {
  status: 'done'
  /** Null where the builds were measured; else why they cannot be compared. */
  incomparable: Incomparable | null
  /** Median over the rounds of what one operation takes. */
  ns: Record<Side, number>
  /** Median over the rounds of ln(head / base). */
  slower: number
  /** Median over the rounds of ln(again / head). */
  control: number
  rounds: number
}

export interface Incomparable {
  /** `new`: the base does not have it, so nothing can have become slower. */
  kind: 'new' | 'other work'
  reason: string
}
