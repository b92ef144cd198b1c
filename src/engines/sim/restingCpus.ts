import type { SimCpu } from './simCpu.js'

/** CPUs that have ended, pause or compute take no turns, but could start a step at any time: what has passed concerns them too. */
export function judgeResting(cpus: readonly SimCpu[]): void {
  for (const sim of cpus) {
    const { cpu } = sim
    cpu.watch.judgeDeadlines(sim.clock.nowPs / 1000)
    const isAway = sim.hasEnded || sim.busyUntilPs > 0
    const isResting = isAway && cpu.kernel.isIdle && !sim.isInHandler && sim.arrivalPs === Infinity
    if (isResting && cpu.watch.journalHead > 0) cpu.watch.poll(cpu.watch.journalHead)
  }
}
