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

/** Values of a strategy's parameters that belong together, by a name that can be typed: `lazy:preset=released`. */
export interface Preset {
  readonly summary: string
  /** Where these values come from. */
  readonly source: string
  /** Of the parameters that it sets; the others keep their defaults. */
  readonly values: Parameters
}

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>
export type Parameters = Readonly<Record<string, number>>
