/**
 * One repetition of one cell, as it travels to a fresh child process and back. Plain JSON both ways.
 */

export type EngineName = 'threads' | 'sim'

/** A strategy or workload by the file that holds it, with every parameter resolved. */
export interface ModuleRef {
  /** As typed and as the CSV shows it, without parameters. */
  name: string
  /** Absolute path of the compiled (or the user's own) .js file; its default export is the module. */
  file: string
  parameters: Record<string, number>
}

/** `full`: every part of the oracle, repetition 0, outside timing statistics. `local`: only what touches no shared line. */
export type OracleMode = 'full' | 'local'

export interface Job {
  engine: EngineName
  strategy: ModuleRef
  workload: ModuleRef
  cpus: number
  /** The validated profile, whole; see src/machine/profile.ts. */
  profile: unknown
  seed: number
  /** What goes wrong on purpose: every parameter of each fault. Absent: nothing. */
  faults?: Record<string, Record<string, number>>
  repetition: number
  oracle: OracleMode
  /** How long passes are run before any counts, `threads` only: V8 compiles meanwhile. */
  warmupMs: number
  /** Wall-clock limit for the repetition; a hung CPU fails the job with each CPU's state. */
  watchdogMs: number
}

/** Something that must never happen, did. */
export interface Violation {
  /** `I1` .. `I11` (docs/invariants.md). */
  invariant: string
  /** The CPU that could use the stale entry, or that is stuck. */
  cpu: number
  space: number
  page: number
  /** Engine steps of that CPU when it was found. */
  step: number
  /** One sentence for the reader. */
  message: string
}

/** The figures of one repetition; null is unknown and becomes an empty cell. */
export interface Figures {
  ops: number
  elapsedNs: number
  /** Sum of the op latencies of all initiators. */
  opTotalNs: number
  opP50Ns: number | null
  opP99Ns: number | null
  opMaxNs: number | null
  ipis: number
  flushRounds: number
  pagesInvalidated: number
  fullFlushes: number
  tlbMisses: number
  responderNs: number
  innocentSlowdown: number | null
  heldFramesPeak: number
  exposureP50Ns: number | null
  exposureP99Ns: number | null
  exposureMaxNs: number | null
  openExposures: number
  staleP50Ns: number | null
  staleP99Ns: number | null
  staleMaxNs: number | null
  staleOpen: number | null
}

export interface JobDone {
  status: 'done'
  contract: string
  tapeHash: string
  figures: Figures
  /** Duration of each measured pass in the order of time, as tinybench got them; `threads` only. */
  passNs: number[]
  violationCount: number
  /** The first few. */
  violations: Violation[]
  oversubscribed: boolean
}

/** The child itself failed: a hang, a crash of a worker, bad input found late. */
export interface JobFailed {
  status: 'failed'
  /** At most 4 lines: what, why, remedy. */
  message: string
  /** Each CPU's state where the engine could tell. */
  cpuStates: string[]
  violations: Violation[]
}

export type JobResult = JobDone | JobFailed
