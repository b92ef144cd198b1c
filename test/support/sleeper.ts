import type { TapeWriter, WorkloadModule } from '../../dist/src/contract/workload.js'

/** Changes that the sleeper sleeps through. */
export const SLEEPS = 20

/** Until when CPU 1 is away, at least: it leaves after what it reads, and the change comes 0.1 ms later. */
export const AWAY_NS = 1_000_000

/** CPU 0 takes pages away while CPU 1, which has read them, has nothing to run, or is away as `leave` says. */
export function sleeper(
  change: (tape: TapeWriter, handle: number, other: number) => void,
  again: boolean,
  leave: (tape: TapeWriter) => void = (tape) => tape.idle(AWAY_NS),
): WorkloadModule {
  return {
    summary: 'one CPU is idle while the other changes what it has read',
    source: 'none',
    op: 'one change',
    parameters: {},
    write(plan) {
      const [handle, other] = [plan.handle(), plan.handle()]
      const [first, second] = [plan.tape(0), plan.tape(1)]
      if (!again) first.map(handle, 2, { writable: true })
      for (const tape of [first, second]) tape.body()
      first.loop(SLEEPS, () => {
        if (again) first.map(handle, 2, { writable: true })
        first.write(handle, 0, 2)
        first.barrier()
        first.pause(100_000)
        change(first, handle, other)
        first.barrier()
      })
      second.loop(SLEEPS, () => {
        second.barrier()
        second.read(handle, 0, 2)
        leave(second)
        second.read(handle, 0, 2)
        second.barrier()
      })
    },
  }
}
