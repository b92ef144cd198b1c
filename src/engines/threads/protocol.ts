import type { Parameters } from '../../contract/parameter.js'
import type { TapeSet } from '../../contract/tape.js'
import type { Profile } from '../../machine/profile.js'
import type { FaultPlan } from '../faultPlan.js'
import type { ViolationRecord } from '../../oracle/violations.js'
import type { CpuReport } from '../figures.js'

/** What a worker is born with; everything else it derives, so that all place the same words. */
export interface WorkerBirth {
  readonly id: number
  readonly buffer: SharedArrayBuffer
  readonly strategyFile: string
  readonly parameters: Parameters
  readonly tapes: TapeSet
  readonly profile: Profile
  readonly isOracleFull: boolean
  readonly isOracleOff: boolean
  readonly serialStart: number
  /** More workers than cores: whoever waits goes to sleep at once. */
  readonly isOversubscribed: boolean
  readonly faults: FaultPlan | undefined
}

/** Parts of a run. Every worker takes part in each, if only by answering interrupts. */
export const PHASE_SETUP = 1
/** Innocents alone, for a time. */
export const PHASE_ALONE = 2
/** One pass of every initiator's body. */
export const PHASE_PASS = 3
export const PHASE_DRAIN = 4
export const PHASE_EXIT = 5
/** A pass that does not count and passes over the pauses of its tapes: what matters is how often code runs. */
export const PHASE_WARMUP = 6

/** Tells the phase in the low bits of the word that workers wait on; the rest counts up. */
export const PHASE_BITS = 3

/** One worker's part in a phase is over. Times are of the system's monotonic clock. */
export interface PhaseReport {
  readonly id: number
  readonly startNs: number
  /** When its tape ended, for a tape that ends; else when it was told to stop. */
  readonly endNs: number
  readonly cpu: CpuReport
  /** What the drain could not settle. */
  readonly left: number
  readonly lostEvents: number
  readonly violationCount: number
  readonly violations: ViolationRecord[]
}

/** Sent when it is found; the report at the end of a phase has it again, if that end comes. */
export interface FoundViolation {
  readonly violation: ViolationRecord
}
