import type { RunFolder } from '../records/runFolder.js'
import type { SampleRow } from '../records/sampleColumns.js'
import type { BenchPlan } from './benchPlan.js'
import type { ProgressTerminal } from './progress.js'
import type { RunRecord } from './runJson.js'

/** Where the words go. Data to stdout, everything else to stderr. */
export interface BenchIo {
  stdout(text: string): void
  stderr(text: string): void
  terminal: ProgressTerminal
  colour: boolean
  /** As typed, for run.json. */
  argv: readonly string[]
}

/** A run that is about to measure: all input is checked, the folder is there. */
export interface Run {
  plan: BenchPlan
  folder: RunFolder
  runId: string
  record: RunRecord
  /** What a resumed run had measured before. */
  earlier: SampleRow[]
}
