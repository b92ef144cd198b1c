import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { EngineName } from './job.js'

/** How repetitions are run; tests put a child of their own in the place of the real one. */
export interface Isolation {
  /** The file that a child process runs. */
  entry: string
  lanes: Record<EngineName, number>
  /** What a repetition may take before the engine itself gives up and tells each CPU's state. */
  watchdogMs: Record<EngineName, number>
  /** On top of that before the process is killed. */
  graceMs: number
}

/** A repetition is meant to take less than a second; simulating 1024 CPUs may take minutes. */
const WATCHDOG_MS = { sim: 300_000, threads: 30_000 }
const GRACE_MS = 10_000

export function standardIsolation(): Isolation {
  return {
    entry: fileURLToPath(new URL('./jobProcess.js', import.meta.url)),
    lanes: { sim: availableParallelism(), threads: 1 },
    watchdogMs: WATCHDOG_MS,
    graceMs: GRACE_MS,
  }
}
