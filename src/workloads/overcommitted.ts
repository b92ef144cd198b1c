import type { Handle, WorkloadModule } from '../contract/workload.js'
import { READER_PARAMETERS } from './shared/readers.js'

const NS_PER_US = 1000

/**
 * A guest on a host with more virtual CPUs than processors: the host runs each reader for a while, and
 * something else for a while. The initiator does what `ebizzy -M` does, which maps a chunk, fills it and
 * unmaps it; whoever is off its processor then takes no interrupt until it is back.
 *
 * The host takes the readers away one after the other and not all at once: each has its turn at another
 * place of its pass. The initiator is never taken away, so that what an op takes is what it waits for.
 */
export default {
  summary: 'unmaps pages that all CPUs have read, while a host takes readers off their processors',
  source:
    'ebizzy -M in guests of as many virtual CPUs as the host has processors: Wanpeng Li, KVM_FEATURE_PV_TLB_FLUSH, LKML 2017',
  op: 'one unmap of all pages of a mapping',
  needs: ['vcpu'],
  parameters: {
    pages: {
      default: 16,
      min: 1,
      max: 4096,
      unit: 'pages',
      summary: 'pages of the mapping',
      source: 'as munmap-storm; ebizzy takes chunks of 4 KiB to 512 KiB and more (from memory, unverified)',
    },
    preemptUs: {
      default: 3000,
      min: 1,
      max: 1_000_000,
      unit: 'us',
      summary: 'time for which the host takes a reader off its processor',
      source:
        'proposal: what a Linux host of 8 processors and more lets another one run at least, 3 ms (from memory, unverified)',
    },
    everyUs: {
      default: 3000,
      min: 2,
      max: 1_000_000,
      unit: 'us',
      summary: 'time for which it then runs it',
      source: 'proposal: two guests on one host, so each CPU half of the time',
    },
    thinkUs: {
      default: 500,
      min: 0,
      max: 1_000_000,
      unit: 'us',
      summary: 'wait after each unmap, outside the op',
      source: 'proposal: ops that meet the readers at all places of their passes',
    },
    ops: {
      default: 16,
      min: 1,
      max: 100_000,
      unit: 'ops',
      summary: 'unmaps of each initiator in one pass',
      source: 'proposal: as munmap-storm',
      quick: 8,
    },
    readerPages: READER_PARAMETERS.readerPages,
  },
  write: (plan) => {
    const { pages, preemptUs, everyUs, thinkUs, ops, readerPages } = plan.parameters
    const chunks: Handle[] = []
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const chunk = plan.handle()
      chunks.push(chunk)
      tape.body()
      tape.loop(ops, () => {
        tape.map(chunk, pages, { writable: true })
        tape.write(chunk, 0, pages)
        tape.op(() => tape.unmap(chunk))
        if (thinkUs > 0) tape.pause(thinkUs * NS_PER_US)
      })
    }
    const runNs = everyUs * NS_PER_US
    for (let reader = 0; reader < plan.readerCount; reader++) {
      const tape = plan.tape(plan.initiatorCount + reader)
      const own = plan.handle()
      const firstNs = Math.floor((runNs * (reader + 1)) / (plan.readerCount + 1))
      tape.map(own, readerPages)
      tape.read(own, 0, readerPages)
      tape.body()
      tape.read(own, 0, readerPages)
      tape.compute(firstNs)
      for (const chunk of chunks) tape.read(chunk, 0, pages)
      tape.preempt(preemptUs * NS_PER_US)
      tape.read(own, 0, readerPages)
      tape.compute(runNs - firstNs)
    }
  },
} satisfies WorkloadModule
