import type { WorkloadModule } from '../contract/workload.js'
import { writeLaps } from './shared/laps.js'
import { READER_PARAMETERS, writeReaders } from './shared/readers.js'

/** Each get takes another page of the page cache; they lie anywhere in the pool. */
const FRAMES_DRAWN = 1 << 16
/** Ops whose pages are drawn; then the same come again. */
const LAP = 64

/**
 * Reads of a page cache that the kernel does not have in its direct map: each maps the page for a moment in the window
 * of its CPU, reads it and takes it out again. All initiators run one space, as the threads of one process do, so whoever
 * flushes on every CPU that runs the space interrupts all of them, where the rule asks for this CPU alone.
 */
export default {
  summary: 'maps pages for a moment in a window of this CPU, reads them, takes them out again',
  source:
    'mermap: read(2) and zeroing of page-cache pages outside of the direct map (Brendan Jackman, LKML 2026)',
  op: 'one get, one access to each page, one put',
  parameters: {
    pages: {
      default: 1,
      min: 1,
      max: 511,
      unit: 'pages',
      summary: 'pages of one get; more than the window has makes every get fail',
      source: 'order-0 page cache; a window takes a folio of any order up to its size',
    },
    ops: {
      default: 511,
      min: 1,
      max: 1_000_000,
      unit: 'ops',
      summary: 'ops of each initiator in one pass',
      source: 'proposal: one lap over the window, whose 512th page is kept in reserve',
      quick: 511,
    },
    window: {
      default: 512,
      min: 2,
      max: 512,
      unit: 'pages',
      summary: 'pages of the window, one of them kept in reserve for gets that may not fail',
      source: 'Linux mm/mermap.c: PAGE_SIZE << MAX_PAGECACHE_ORDER for each CPU',
    },
    ...READER_PARAMETERS,
  },
  write: (plan) => {
    const { pages, ops, window } = plan.parameters
    plan.window(window)
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const handle = plan.handle()
      tape.body()
      writeLaps(tape, ops, LAP, (lapOps) => {
        for (let op = 0; op < lapOps; op++) {
          tape.op(() => {
            tape.get(handle, pages, plan.random(FRAMES_DRAWN))
            tape.readKernel(handle, 0, pages)
            tape.put(handle)
          })
        }
      })
    }
    writeReaders(plan, () => {})
  },
} satisfies WorkloadModule
