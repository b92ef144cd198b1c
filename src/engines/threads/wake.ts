import type { Cpu } from '../cpu.js'

/** Of a CPU that may be idle. What counts for idle CPUs too is judged before `woke` flushes it away. */
export function wake({ kernel, watch }: Cpu): void {
  if (!kernel.isCpuIdle) return
  watch.pollWalks()
  kernel.wake()
}
