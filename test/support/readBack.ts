import type { WorkloadModule } from '../../dist/src/contract/workload.js'

/**
 * Page after page is advised away and touched again at once. In between CPU 0 loads its space anew,
 * which empties its own TLB: with an old translation of its own it would not notice that the page is
 * gone, and nobody would want the address.
 * @param writable false: the pages are only ever read
 */
export const readBack = (pages: number, laps: number, writable = true): WorkloadModule => ({
  summary: 'pages go and come back one by one',
  source: 'none',
  op: 'one advise away of one page, and the access that populates it again',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const region = plan.handle()
    const touch = (first: number, count: number) =>
      writable ? tape.write(region, first, count) : tape.read(region, first, count)
    tape.map(region, pages, { writable })
    touch(0, pages)
    tape.body()
    tape.loop(laps, () => {
      for (let page = 0; page < pages; page++) {
        tape.op(() => {
          tape.adviseAway(region, page, 1)
          tape.switchTo(1)
          touch(page, 1)
        })
      }
    })
  },
})
