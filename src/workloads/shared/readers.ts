import type { ParameterSpecs } from '../../contract/parameter.js'
import type { TapeWriter, WorkloadPlan } from '../../contract/workload.js'

/** Parameters of every workload whose innocents have memory of their own. */
export const READER_PARAMETERS = {
  readerPages: {
    default: 32,
    min: 1,
    max: 4096,
    unit: 'pages',
    summary: 'private working set of each reader',
    source:
      'proposal: half of a first-level TLB of 64 entries, so that what a reader loses is lost to flushes',
  },
  readerWorkNs: {
    default: 5000,
    min: 0,
    max: 1_000_000_000,
    unit: 'ns',
    summary: 'time in user mode without memory accesses in each pass of a reader',
    source: 'proposal: a program accesses few new pages per microsecond; 0 makes readers that only access',
  },
} satisfies ParameterSpecs

/**
 * Writes all innocents' tapes: each reads a working set of its own in one long run, and what the
 * workload adds. The rest of a pass is work without accesses, which interrupts lengthen as well: in
 * `sim` it costs one event, where accesses that fill the same time would cost a thousand.
 * @param readShared what one pass of a reader does beside its own reads
 */
export function writeReaders(plan: WorkloadPlan, readShared: (tape: TapeWriter) => void): void {
  const { readerPages, readerWorkNs } = plan.parameters
  for (let reader = 0; reader < plan.readerCount; reader++) {
    const tape = plan.tape(plan.initiatorCount + reader)
    const own = plan.handle()
    tape.map(own, readerPages)
    tape.read(own, 0, readerPages)
    tape.body()
    tape.read(own, 0, readerPages)
    readShared(tape)
    if (readerWorkNs > 0) tape.compute(readerWorkNs)
  }
}
