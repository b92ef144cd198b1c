import type { WorkloadModule } from '../contract/workload.js'
import { READER_PARAMETERS, writeReaders } from './shared/readers.js'

/**
 * The kernel's own virtual area: ranges are mapped, written, read by every CPU and freed, over and over. Their frames are
 * free at once; what has to wait for a flush is the address alone, because the kernel uses no pointer that it has freed.
 */
export default {
  summary: "ranges of the kernel's virtual area are mapped, used by all CPUs and freed",
  source: 'vmap/vunmap of Linux mm/vmalloc.c: buffers, kernel stacks, single pages of pfncache',
  op: 'one free (vfree, vunmap) of a range that all CPUs have used',
  parameters: {
    pages: {
      default: 4,
      min: 1,
      max: 64,
      unit: 'pages',
      summary: 'pages of each range',
      source: 'proposal: a kernel stack on x86-64 has 4 pages; ranges of 1 to 64 pages are usual',
    },
    ops: {
      default: 64,
      min: 1,
      max: 1_000_000,
      unit: 'ops',
      summary: 'ranges that each initiator maps and frees in one pass',
      source: 'proposal',
      quick: 32,
    },
    ...READER_PARAMETERS,
  },
  write: (plan) => {
    const { pages, ops } = plan.parameters
    const ranges = Array.from({ length: plan.initiatorCount }, () => plan.handle())
    for (const [cpu, range] of ranges.entries()) {
      const tape = plan.tape(cpu)
      tape.body()
      tape.loop(ops, () => {
        tape.map(range, pages, { writable: true, vmalloc: true })
        tape.writeKernel(range, 0, pages)
        tape.awaitReaders()
        tape.op(() => tape.unmap(range))
      })
    }
    writeReaders(plan, (tape) => {
      for (const range of ranges) tape.readKernel(range, 0, pages)
    })
  },
} satisfies WorkloadModule
