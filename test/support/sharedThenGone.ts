import type { WorkloadModule } from '../../dist/src/contract/workload.js'

/** Laps in which all CPUs touch the same pages, time passes, and CPU 0 unmaps them. Every CPU is an initiator. */
export const sharedThenGone = (pages: number, pauseNs: number, laps = 5): WorkloadModule => ({
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
        if (cpu === 0) tape.map(shared, pages, { writable: true })
        if (cpu === 0) tape.write(shared, 0, pages)
        tape.barrier()
        tape.read(shared, 0, pages)
        tape.barrier()
        if (cpu === 0 && pauseNs > 0) tape.pause(pauseNs)
        if (cpu === 0) tape.op(() => tape.unmap(shared))
      })
    }
  },
})
