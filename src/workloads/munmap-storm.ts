import type { Handle, WorkloadModule } from '../contract/workload.js'
import { READER_PARAMETERS, writeReaders } from './shared/readers.js'

/**
 * LATR's microbenchmark: one thread maps pages, threads on all other cores touch each of them, and only
 * then the munmap is timed, so that every core really caches what goes.
 *
 * A neighbouring page stays mapped, so that no page table becomes empty. The pause keeps a lazy
 * strategy within its ring: a slot is free after two sweeps of all CPUs, at most 3 ms at a tick of
 * 1 ms, which is 30 periods of 100 us and so 30 slots of 64, whatever the number of pages and CPUs.
 */
export default {
  summary: 'unmaps pages that all CPUs have touched',
  source: 'Kumar et al., "LATR: Lazy Translation Coherence", ASPLOS 2018; mmap_mb in sslab-gatech/latr',
  op: 'one unmap of all pages of a mapping',
  parameters: {
    pages: {
      default: 16,
      min: 1,
      max: 4096,
      unit: 'pages',
      summary: 'pages of the mapping',
      source:
        'LATR sweeps 1, 2, 4, ...; 16 lies in the middle, below the ceiling of 33 for page-by-page flushes',
    },
    pauseNs: {
      default: 100_000,
      min: 0,
      max: 1_000_000_000,
      unit: 'ns',
      summary: 'wait after each unmap, outside the op',
      source: 'proposal: at most 30 unmaps in 3 ms, so that LATR stays within a ring of 64 slots',
    },
    ops: {
      default: 16,
      min: 1,
      max: 1_000_000,
      unit: 'ops',
      summary: 'unmaps of each initiator in one pass',
      source: 'proposal: LATR does 500,000 in a run, which is too long for every cell',
      quick: 8,
    },
    ...READER_PARAMETERS,
  },
  write: (plan) => {
    const { pages, pauseNs, ops } = plan.parameters
    const storms: Handle[] = []
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const neighbour = plan.handle()
      const storm = plan.handle()
      storms.push(storm)
      tape.map(neighbour, 1, { writable: true })
      tape.write(neighbour, 0, 1)
      tape.body()
      tape.loop(ops, () => {
        tape.map(storm, pages, { writable: true })
        tape.write(storm, 0, pages)
        tape.awaitReaders()
        tape.op(() => tape.unmap(storm))
        if (pauseNs > 0) tape.pause(pauseNs)
      })
    }
    writeReaders(plan, (tape) => {
      for (const storm of storms) tape.read(storm, 0, pages)
    })
  },
} satisfies WorkloadModule
