import { simCell } from './runCell.js'

/** What `ops` unmaps of `pages` pages that all CPUs have touched cost in virtual time. */
export async function unmapCounts(
  strategy: string,
  pages: number,
  cpus: number,
  more: { ops?: number; initiators?: number; strategyParameters?: Record<string, number> } = {},
) {
  const { ops = 4, ...rest } = more
  const { figures } = await simCell({
    strategy,
    workload: 'munmap-storm',
    parameters: { pages, ops, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
    cpus,
    ...rest,
  })
  const { ipis, flushRounds, pagesInvalidated, fullFlushes } = figures
  return { ipis, flushRounds, pagesInvalidated, fullFlushes }
}
