import type { WorkloadModule } from '../../dist/src/contract/workload.js'

/**
 * Laps in which all CPUs touch the same pages, time passes, and one CPU unmaps them. Every CPU is an initiator.
 * @param by the CPU that does
 * @param again pages that it touches once more right before
 */
export const sharedThenGone = (
  pages: number,
  pauseNs: number,
  laps = 5,
  by = 0,
  again = 0,
): WorkloadModule => ({
  summary: 'all touch the same pages, time passes, one unmaps them',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write: (plan) => {
    const shared = plan.handle()
    for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
      const tape = plan.tape(cpu)
      tape.body()
      tape.loop(laps, () => {
        if (cpu === by) tape.map(shared, pages, { writable: true })
        if (cpu === by) tape.write(shared, 0, pages)
        tape.barrier()
        tape.read(shared, 0, pages)
        tape.barrier()
        if (cpu === by && pauseNs > 0) tape.pause(pauseNs)
        if (cpu === by && again > 0) tape.read(shared, 0, again)
        if (cpu === by) tape.op(() => tape.unmap(shared))
      })
    }
  },
})
