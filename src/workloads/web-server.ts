import type { WorkloadModule } from '../contract/workload.js'
import { READER_PARAMETERS, writeReaders } from './shared/readers.js'

/**
 * Apache with mpm_event: each request maps a small file, sends it and unmaps it. One core touches the
 * pages, but the space is active on all, so all are interrupted for nothing: the best case for a
 * strategy that waits or that knows better who holds what.
 *
 * The pages of a file belong to the page cache and outlive the mapping. Until there are file mappings
 * anonymous memory stands in: its frames are freed by the unmap, so a lazy strategy holds them back,
 * which it would not have to do with a file's.
 */
export default {
  summary: 'per request maps, reads and unmaps a few pages that only one CPU touched',
  source: 'Apache mpm_event serving files below 12 KiB to wrk, 150,000 requests/s: LATR (ASPLOS 2018)',
  op: 'one request: map, read, work, unmap',
  parameters: {
    pages: {
      default: 3,
      min: 1,
      max: 512,
      unit: 'pages',
      summary: 'most pages of a request; each draws from 1 up to this',
      source: 'files below 12 KiB; the uniform draw is a proposal',
    },
    workNs: {
      default: 2000,
      min: 0,
      max: 1_000_000_000,
      unit: 'ns',
      summary: 'time in user mode for a request, inside the op',
      source: 'proposal',
    },
    thinkNs: {
      default: 75_000,
      min: 0,
      max: 1_000_000_000,
      unit: 'ns',
      summary: 'wait between two requests, outside the op; 0 fills the ring of a lazy strategy',
      source:
        'proposal: about 13,000 requests/s, which is 150,000 spread over 12 cores (their number is unverified)',
    },
    ops: {
      default: 48,
      min: 1,
      max: 100_000,
      unit: 'ops',
      summary: 'requests of each initiator in one pass',
      source: 'proposal: as many as a ring of 64 slots must bear twice',
      quick: 24,
    },
    ...READER_PARAMETERS,
  },
  write: (plan) => {
    const { pages, workNs, thinkNs, ops } = plan.parameters
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const file = plan.handle()
      tape.body()
      for (let request = 0; request < ops; request++) {
        const filePages = 1 + plan.random(pages)
        tape.op(() => {
          tape.map(file, filePages)
          tape.read(file, 0, filePages)
          if (workNs > 0) tape.compute(workNs)
          tape.unmap(file)
        })
        if (thinkNs > 0) tape.pause(thinkNs)
      }
    }
    writeReaders(plan, () => {})
  },
} satisfies WorkloadModule
