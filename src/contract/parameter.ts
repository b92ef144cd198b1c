/** Parameters of strategies and workloads: integers with bounds, declared where they are used. The declaration is the schema. */
export interface ParameterSpec {
  readonly default: number
  readonly min: number
  readonly max: number
  /** `pages`, `ns`, `slots`, ... */
  readonly unit: string
  readonly summary: string
  /** Where the default comes from. */
  readonly source: string
  /** The value that `--quick` uses where the user gave none; the default otherwise. */
  readonly quick?: number
}

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>
export type Parameters = Readonly<Record<string, number>>
