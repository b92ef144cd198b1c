import type { WorkloadModule } from '../contract/workload.js'
import { writeLaps } from './shared/laps.js'
import { READER_PARAMETERS, writeReaders } from './shared/readers.js'

/** Space 0 is the kernel's, 1 the one that all CPUs run; each guest has one of its own. */
const FIRST_GUEST_SPACE = 2

/**
 * Guest memory without a direct map: each on-demand fault takes one page out of the kernel's map, on
 * all CPUs, before the guest gets it. Pages are single and physically scattered, because the frames
 * come from a shuffled pool.
 *
 * Each guest runs in a space of its own, as each virtual machine has its own process. So the unmap of a
 * full region concerns its own CPU only, and all interrupts come from the faults.
 */
export default {
  summary: "every fault of a guest takes one page out of the kernel's direct map, on all CPUs",
  source:
    'guest_memfd with GUEST_MEMFD_FLAG_NO_DIRECT_MAP, on-demand faults (Roy, Kalyazin, Itazuri, 2025-2026)',
  op: 'one fault: the first write to a page of guest memory',
  parameters: {
    pages: {
      default: 64,
      min: 1,
      max: 4096,
      unit: 'pages',
      summary:
        'pages of the guest, faulted in one by one; then all are unmapped and mapped again, outside the op',
      source: 'proposal: faults are single pages (order 0), a guest has any number',
    },
    ops: {
      default: 64,
      min: 1,
      max: 1_000_000,
      unit: 'ops',
      summary: 'faults of each initiator in one pass',
      source: 'proposal: four laps over the guest',
      quick: 32,
    },
    directFrames: {
      default: 64,
      min: 0,
      max: 1 << 20,
      unit: 'frames',
      summary: 'frames that each reader reads through the direct map in a pass, from frame 0',
      source: 'proposal; up to 512 they are page-table pages, which stay in the map under one 2 MiB leaf',
    },
    ...READER_PARAMETERS,
  },
  write: (plan) => {
    const { pages, ops, directFrames } = plan.parameters
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const guest = plan.handle()
      tape.switchTo(FIRST_GUEST_SPACE + cpu)
      tape.body()
      writeLaps(tape, ops, pages, (lapOps) => {
        tape.map(guest, pages, { writable: true, guest: true })
        for (let page = 0; page < lapOps; page++) tape.op(() => tape.write(guest, page, 1))
        tape.unmap(guest)
      })
    }
    writeReaders(plan, (tape) => {
      if (directFrames > 0) tape.readDirect(0, directFrames)
    })
  },
} satisfies WorkloadModule
