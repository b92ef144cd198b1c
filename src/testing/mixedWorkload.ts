import type { TapeWriter, WorkloadModule } from '../contract/workload.js'

/**
 * Every CPU does a bit of everything to the same few pages, in an order that the seed decides: what
 * planted defects need is two CPUs that change, leave or come back at the same time.
 */
export function mixedWorkload(pages: number, ops: number): WorkloadModule {
  return {
    summary: 'a mixture of operations on shared pages in two spaces',
    source: 'none',
    op: 'one choice',
    parameters: {},
    write: (plan) => {
      const random = (bound: number) => plan.random(bound)
      const shared = plan.handle()
      const other = plan.handle()
      const guests = Array.from({ length: plan.cpuCount }, () => plan.handle())
      const tapes = Array.from({ length: plan.initiatorCount }, (_, cpu) => plan.tape(cpu))
      tapes[0].map(shared, pages, { writable: true })
      tapes[0].switchTo(2)
      tapes[0].map(other, pages, { writable: true })
      tapes[0].switchTo(1)
      tapes.forEach((tape, cpu) => {
        tape.body()
        for (let op = 0; op < ops; op++) {
          tape.op(() => choose(tape, random, shared, pages))
          if (plan.random(6) === 0) {
            tape.switchTo(2)
            for (let i = 0; i < 3; i++) choose(tape, random, other, pages)
            tape.switchTo(1)
          }
          if (plan.random(8) !== 0) continue
          tape.map(guests[cpu], 2, { writable: true, guest: true })
          tape.batch(() => {
            tape.adviseAway(shared, 0, 1)
            tape.write(guests[cpu], 0, 2)
          })
          tape.readDirect(0, 4)
          tape.unmap(guests[cpu])
        }
      })
    },
  }
}

function choose(tape: TapeWriter, random: (bound: number) => number, handle: number, pages: number): void {
  const page = random(pages)
  switch (random(7)) {
    case 0:
      return tape.adviseAway(handle, page, 1)
    case 1:
      return tape.adviseAway(handle, 0, pages)
    case 2:
      return tape.protect(handle, page, 1, random(2) === 0)
    case 3:
      return tape.batch(() => {
        tape.adviseAway(handle, page, 1)
        tape.adviseAway(handle, random(pages), 1)
      })
    case 4:
      return tape.read(handle, 0, pages)
    default:
      return tape.write(handle, page, 1)
  }
}
