import type { Handle, WorkloadModule } from '../contract/workload.js'
import { writeLaps } from './shared/laps.js'
import { READER_PARAMETERS, writeReaders } from './shared/readers.js'

/**
 * will-it-scale's tlb_flush2: page after page of anonymous memory is written, advised away and read
 * back, which must give zero. The read-back populates the address again at once, so nothing can be put
 * off. The region stays mapped between laps, where the source maps a new one.
 *
 * In the source the other threads have regions of their own, so readers leave this one alone. With
 * `shared` they read it too; a page that they find gone they populate themselves, and a strategy that
 * puts work off is then asked for it by each of them.
 */
export default {
  summary: 'writes, advises away and reads back one page after the other',
  source: 'will-it-scale tests/tlb_flush2.c, threads: 1 MiB of anonymous private memory',
  op: 'one advise away of one page, and the read that finds it empty',
  parameters: {
    pages: {
      default: 256,
      min: 1,
      max: 4096,
      unit: 'pages',
      summary: 'pages of the region',
      source: 'tlb_flush2 has 1 MiB',
    },
    ops: {
      default: 128,
      min: 1,
      max: 1_000_000,
      unit: 'ops',
      summary: 'pages advised away by each initiator in one pass',
      source: 'proposal: half a lap over the region of the source',
      quick: 64,
    },
    shared: {
      default: 0,
      min: 0,
      max: 1,
      unit: 'flag',
      summary: '1: readers read the region of every initiator too',
      source: 'in tlb_flush2_threads every thread keeps to its own region',
    },
    ...READER_PARAMETERS,
  },
  write: (plan) => {
    const { pages, ops, shared } = plan.parameters
    const regions: Handle[] = []
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const region = plan.handle()
      regions.push(region)
      tape.map(region, pages, { writable: true })
      tape.write(region, 0, pages)
      tape.body()
      if (shared === 1) tape.awaitReaders()
      writeLaps(tape, ops, pages, (lapOps) => {
        for (let page = 0; page < lapOps; page++) {
          tape.write(region, page, 1)
          tape.op(() => {
            tape.adviseAway(region, page, 1)
            tape.read(region, page, 1)
          })
        }
      })
    }
    writeReaders(plan, (tape) => {
      if (shared === 1) for (const region of regions) tape.read(region, 0, pages)
    })
  },
} satisfies WorkloadModule
