/** What a mutant does to the text: one of the rules of statementRules.ts or expressionRules.ts. */
export type MutantKind =
  | 'removed call'
  | 'removed guard'
  | 'swapped statements'
  | 'comparison'
  | 'condition'
  | 'serial order'
  | 'ticket'
  | 'atomicity'
  | 'range'
  | 'constant'
  | 'arithmetic'

/** Text of a compiled file between two offsets, and what takes its place. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** An edit, as a rule makes it. */
export interface Mutation extends Edit {
  readonly kind: MutantKind
}

/** One strategy file with one thing different. */
export interface Mutant {
  /** What stays the same when lines move: file, function, kind, texts, and a number where these are equal. */
  readonly key: string
  /** Of the compiled file, below dist/src/strategies, such as `shared/round.js`. */
  readonly file: string
  /** Of the TypeScript source. */
  readonly line: number
  /** The function or method that it is in. */
  readonly where: string
  readonly kind: MutantKind
  readonly original: string
  /** Empty: removed. */
  readonly mutated: string
  /** The whole compiled file. */
  readonly text: string
}
