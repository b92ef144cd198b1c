import { UsageError } from '../contract/usageError.js'
import type { Handle, WorkloadModule } from '../contract/workload.js'
import { READER_PARAMETERS, writeReaders } from './shared/readers.js'

/**
 * Write permission of a random range is taken and given back while the other CPUs write to the region,
 * as stress-ng's tlb-shootdown does with a buffer of 512 pages and Amit's loop with one page. A write
 * that is not allowed at the moment is passed over.
 *
 * The innocents write here, because a stale entry that still allows writing harms only where somebody
 * writes; what is their own they only read.
 */
export default {
  summary: 'takes write permission from a range and gives it back while other CPUs write',
  source:
    "stress-ng tlb-shootdown (512-page buffer, random page); the mprotect loop of Amit et al., EuroSys'20 and 2022",
  op: 'one protect call: taking and giving back are two',
  parameters: {
    pages: {
      default: 64,
      min: 1,
      max: 4096,
      unit: 'pages',
      summary: 'pages of the region',
      source:
        'proposal: an eighth of the 512 pages of stress-ng, so that every writer comes by every page every few microseconds',
    },
    range: {
      default: 1,
      min: 1,
      max: 4096,
      unit: 'pages',
      summary: 'pages of one protect call, at most `pages`',
      source: "stress-ng takes one random page at a time, Amit's loop has one page",
    },
    pairs: {
      default: 48,
      min: 1,
      max: 100_000,
      unit: 'pairs',
      summary: 'takes and gives of each initiator in one pass, two ops each',
      source: 'proposal',
      quick: 24,
    },
    ...READER_PARAMETERS,
  },
  write: (plan) => {
    const { pages, range, pairs } = plan.parameters
    if (range > pages) {
      const reason = `range ${range} is larger than the region of ${pages} pages`
      throw new UsageError('workload mprotect-storm', reason, [], `for example range=${pages}`)
    }
    const regions: Handle[] = []
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const region = plan.handle()
      regions.push(region)
      tape.map(region, pages, { writable: true })
      tape.write(region, 0, pages)
      tape.body()
      tape.awaitReaders()
      for (let pair = 0; pair < pairs; pair++) {
        const first = plan.random(pages - range + 1)
        tape.op(() => tape.protect(region, first, range, false))
        tape.read(region, first, range)
        tape.op(() => tape.protect(region, first, range, true))
        tape.write(region, first, range)
      }
    }
    writeReaders(plan, (tape) => {
      for (const region of regions) tape.write(region, 0, pages)
    })
  },
} satisfies WorkloadModule
