import type { EngineName } from './job.js'

/** What runs when an option is not given; bench/matrix.ts holds the values. Lists are written as on the command line. */
export interface BenchDefaults {
  engines: string
  strategies: string
  workloads: string
  cpus: Record<EngineName, readonly number[]>
  /** Measured repetitions of a cell; one verified repetition comes on top. */
  repetitions: Record<EngineName, number>
  /** Warm-up of a repetition on real threads. */
  warmupMs: number
  profile: string
  seed: number
  label: string
  /** `--quick` replaces these; explicit options win over it. */
  quick: {
    cpus: Record<EngineName, readonly number[]>
    repetitions: Record<EngineName, number>
    warmupMs: number
  }
}
