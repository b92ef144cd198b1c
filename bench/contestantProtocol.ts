/** The shapes by which the gate measures builds of other commits, too. */

/** Changes when a shape below or the exports of contestant.ts change. */
export const CONTESTANT_PROTOCOL: number = 1

/** Plain JSON, in the words of `npm run bench`. */
export interface ThreadsRequest {
  kind: 'threads'
  /** As `--strategy`: one, with its parameters. */
  strategy: string
  /** As `--workload`: one, with its parameters. */
  workload: string
  cpus: number
  seed: number
}

/** One side of one of the suites in bench/suites. */
export interface SuiteRequest {
  kind: 'suite'
  suite: string
  side: string
}

export type ContestantRequest = ThreadsRequest | SuiteRequest

/** Something that is ready to be measured, again and again. */
export interface Contestant {
  /** Two contestants may be compared where this is the same: it names the work, to the byte. */
  readonly work: string
  /** A pass that does not count, after which V8 knows more. */
  warmUp(): Promise<void>
  /**
   * @returns nanoseconds that one operation takes
   * @throws Error `violation: ...` where a strategy has broken its promise
   */
  pass(): Promise<number>
  close(): Promise<void>
}
