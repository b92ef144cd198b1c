/** What must be the same in runs that are put together. */
import type { RecordedRun } from '../records/runRecord.js'
import { Incomparable } from './incomparable.js'
import type { StoredRun } from './storedRun.js'

type Condition = [what: string, of: (record: RecordedRun) => string | number | null | undefined]

const ALWAYS: Condition[] = [
  ['seed', ({ plan }) => plan.seed],
  ['profile', ({ plan }) => plan.profile],
  ['profile hash', ({ plan }) => plan.profile_hash],
  ['fault', ({ plan }) => plan.fault || 'none'],
  ['version of shootdown', ({ version }) => version],
  ['commit', ({ environment }) => environment.git_commit],
]

/** Between runs that have rows of the engine. Virtual time is the same on every machine. */
const WHERE_MEASURED: Record<'sim' | 'threads', Condition[]> = {
  sim: [['number of repetitions for sim', ({ plan }) => plan.repetitions.sim]],
  threads: [
    ['number of repetitions for threads', ({ plan }) => plan.repetitions.threads],
    ['warm-up in ms', ({ plan }) => plan.warmup_ms],
    ['CPU model', ({ environment }) => environment.cpu_model],
    ['version of node', ({ environment }) => environment.node],
  ],
}

/** @throws Incomparable that names two runs and the first condition in which they differ */
export function refuseOtherConditions(runs: readonly StoredRun[]): void {
  compare(runs, ALWAYS)
  for (const engine of ['sim', 'threads'] as const) {
    compare(
      runs.filter((run) => hasRows(run, engine)),
      WHERE_MEASURED[engine],
    )
  }
  refuseOtherModules(runs)
}

export function hasRows(run: StoredRun, engine: string): boolean {
  return run.rows.some((row) => row.engine === engine)
}

function compare(runs: readonly StoredRun[], conditions: readonly Condition[]): void {
  const [first, ...others] = runs
  for (const other of others) {
    for (const [what, of] of conditions) {
      const [a, b] = [of(first.record), of(other.record)]
      if (a !== b) throw differ(first, other, `${what}: ${a ?? 'unknown'} and ${b ?? 'unknown'}`)
    }
  }
}

/** One name, two files: rows of one name would be of different strategies. */
function refuseOtherModules(runs: readonly StoredRun[]): void {
  const known = new Map<string, { hash: string; run: StoredRun }>()
  for (const run of runs) {
    for (const [module, hash] of Object.entries(run.record.plan.modules)) {
      const other = known.get(module)
      if (other === undefined) known.set(module, { hash, run })
      else if (other.hash !== hash) throw differ(other.run, run, `the file of ${module}`)
    }
  }
}

function differ(a: StoredRun, b: StoredRun, what: string): Incomparable {
  return new Incomparable(
    `cannot merge ${a.name} and ${b.name}`,
    `they differ in ${what}`,
    'report them one by one, or measure them again alike',
  )
}
