import { describe, expect, test } from 'vitest'
import type { TapeWriter, WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_FAULTS } from '../dist/src/machine/counters.js'
import { simCell, type CellOptions, type CellResult } from './support/runCell.js'

const CEILING = 33
const ROUNDS = 3

/** CPU 0 maps and writes `pages`, the next `users` CPUs read them, then CPU 0 changes them; `ROUNDS` times. */
function usedBy(users: number, pages: number, change: (tape: TapeWriter) => void): WorkloadModule {
  return {
    summary: 'pages that some CPUs have used',
    source: 'none',
    op: 'one change',
    parameters: {},
    write: (plan) => {
      const shared = plan.handle()
      for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
        const tape = plan.tape(cpu)
        if (cpu === 0) tape.map(shared, pages, { writable: true })
        tape.body()
        tape.loop(ROUNDS, () => {
          if (cpu === 0) tape.write(shared, 0, pages)
          tape.barrier()
          if (cpu > 0 && cpu <= users) tape.read(shared, 0, pages)
          tape.barrier()
          if (cpu === 0) tape.op(() => change(tape))
          tape.barrier()
        })
      }
    },
  }
}

const away =
  (pages: number) =>
  (tape: TapeWriter): void =>
    tape.adviseAway(0, 0, pages)

const cell = (users: number, cpus: number, more: Partial<CellOptions> = {}) =>
  simCell({
    strategy: 'radixvm',
    workload: usedBy(users, 3, away(3)),
    cpus,
    initiators: cpus,
    oracle: 'full',
    ...more,
  })

const faults = ({ figures }: CellResult) => figures.counters[COUNT_FAULTS]

describe('who has used the pages is interrupted, and nobody else', () => {
  test.each([0, 1, 3, 7])('%i of 7 other CPUs', async (users) => {
    for (const pages of [1, 3, CEILING, CEILING + 1]) {
      const result = await cell(users, 8, { workload: usedBy(users, pages, away(pages)) })
      const isFull = pages > CEILING
      expect({ pages, ...result.figures }).toMatchObject({
        ops: ROUNDS,
        ipis: ROUNDS * users,
        flushRounds: users === 0 ? 0 : ROUNDS,
        pagesInvalidated: isFull ? 0 : ROUNDS * pages * (users + 1),
        fullFlushes: isFull ? ROUNDS * (users + 1) : 0,
      })
      // One for each CPU and page that it uses, again after each change.
      expect(faults(result)).toBe(ROUNDS * pages * (users + 1))
      expect(result.violations).toEqual([])
    }
  })

  test('others interrupt all that run the space, and fault once for all', async () => {
    const batched = await cell(1, 8, { strategy: 'batched' })
    expect(batched.figures.ipis).toBe(ROUNDS * 7)
    expect(faults(batched)).toBe(ROUNDS * 3)
  })

  test('beyond one word of a set', async () => {
    const { figures } = await cell(40, 70)
    expect(figures).toMatchObject({ ipis: ROUNDS * 40, pagesInvalidated: ROUNDS * 3 * 41 })
  })
})

test('a CPU that reads one page of several is told of the others for nothing, of none it never read', async () => {
  const reads = (first: number): WorkloadModule => ({
    ...usedBy(0, 4, () => {}),
    write: (plan) => {
      const shared = plan.handle()
      const [tape, reader] = [plan.tape(0), plan.tape(1)]
      tape.map(shared, 4, { writable: true })
      for (const one of [tape, reader]) {
        one.body()
        if (one === tape) one.write(shared, 0, 4)
        one.barrier()
        if (one === reader) one.read(shared, first, 1)
        one.barrier()
        if (one === tape) one.op(() => one.adviseAway(shared, 0, 2))
        one.barrier()
      }
    },
  })
  expect((await cell(0, 2, { workload: reads(1) })).figures).toMatchObject({ ipis: 1, pagesInvalidated: 4 })
  expect((await cell(0, 2, { workload: reads(2) })).figures).toMatchObject({ ipis: 0, pagesInvalidated: 2 })
})

test('a permission that is taken away tells the users, each of which faults again', async () => {
  const pairs = (tape: TapeWriter): void => {
    tape.protect(0, 0, 3, false)
    tape.protect(0, 0, 3, true)
  }
  const result = await cell(2, 4, { workload: usedBy(2, 3, pairs) })
  // Giving it back owes nothing, so there is one round in each turn.
  expect(result.figures).toMatchObject({ ipis: ROUNDS * 2, pagesInvalidated: ROUNDS * 3 * 3 })
  expect(result.violations).toEqual([])
})

test('kernel mappings are in every table: everybody is told', async () => {
  const { figures, violations } = await simCell({
    strategy: 'radixvm',
    workload: 'direct-map-zap',
    parameters: { pages: 4, ops: 8 },
    cpus: 5,
    oracle: 'full',
  })
  expect(figures).toMatchObject({ ops: 8, ipis: 8 * 4 })
  expect(violations).toEqual([])
})

test('where tables are freed, all that run the space are told', async () => {
  const workload = (strategy: string, tableFreeing: string) =>
    simCell({
      strategy,
      workload: {
        ...usedBy(0, 1, () => {}),
        write: (plan) => {
          for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
            const tape = plan.tape(cpu)
            const own = plan.handle()
            tape.body()
            if (cpu === 0) {
              tape.map(own, 1, { writable: true })
              tape.write(own, 0, 1)
              tape.op(() => tape.unmap(own))
            }
            tape.barrier()
          }
        },
      },
      cpus: 4,
      initiators: 4,
      oracle: 'full',
      profileSets: ['memory.frames=8192', `memory.tableFreeing=${tableFreeing}`],
    })
  expect((await workload('radixvm', 'never')).figures.ipis).toBe(0)
  const { figures, violations } = await workload('radixvm', 'empty')
  expect([figures.ipis, violations]).toEqual([3, []])
})
