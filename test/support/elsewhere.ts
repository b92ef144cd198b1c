import type { WorkloadModule } from '../../dist/src/contract/workload.js'

/** CPU 0 unmaps 3 pages, 5 times; the other CPUs run a space of their own. */
export const elsewhere: WorkloadModule = {
  summary: 'the others run a space of their own',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const scratch = plan.handle()
    tape.body()
    tape.loop(5, () => {
      tape.map(scratch, 3, { writable: true })
      tape.write(scratch, 0, 3)
      tape.op(() => tape.unmap(scratch))
    })
    for (let reader = 1; reader <= plan.readerCount; reader++) {
      const other = plan.tape(reader)
      other.switchTo(2)
      other.body()
      other.compute(1000)
    }
  },
}
