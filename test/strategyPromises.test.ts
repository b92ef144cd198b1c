import { describe, expect, test } from 'vitest'
import { reachedSerial } from '../dist/src/contract/change.js'
import type { Port } from '../dist/src/contract/port.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { mixedWorkload } from '../dist/src/testing/mixedWorkload.js'
import { loadStrategy, OWN_STRATEGIES, simCell } from './support/runCell.js'

/** The module with a port that lets a test look at each settlement. */
function watched(module: StrategyModule, onSettle: (cpu: Port, owner: number, serial: number) => void) {
  const watch = (cpu: Port): Port =>
    new Proxy(cpu, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name !== 'settle') return (...given: unknown[]): unknown => Reflect.apply(value, target, given)
        return (owner: number, serial: number) => {
          onSettle(target, owner, serial)
          target.settle(owner, serial)
        }
      },
    })
  const create: StrategyModule['create'] = (host) =>
    new Proxy(module.create(host), {
      get(target, hook) {
        const value: unknown = Reflect.get(target, hook)
        if (typeof value !== 'function') return value
        return (cpu: Port, ...rest: unknown[]): unknown => Reflect.apply(value, target, [watch(cpu), ...rest])
      },
    })
  return { ...module, create }
}

describe.each(OWN_STRATEGIES)('%s', (strategy) => {
  test('settles nothing that has not been issued: the next change would count as settled when it is made', async () => {
    let settlements = 0
    const module = watched(await loadStrategy(strategy), (cpu, owner, serial) => {
      settlements++
      expect(reachedSerial(cpu.issued(owner), serial), `CPU ${owner}, serial ${serial}`).toBe(true)
    })
    for (const cpus of [2, 3]) {
      await simCell({
        strategy,
        module,
        strategyParameters: strategy === 'lazy' ? { tickUs: 10, ring: 2 } : {},
        workload: mixedWorkload(3, 40),
        cpus,
        initiators: cpus,
        oracle: 'full',
      })
    }
    expect(settlements).toBeGreaterThan(20)
  })
})

/** Each batch takes the first and the third page of four away. */
const batches = (count: number): WorkloadModule => ({
  summary: 'batches of two operations',
  source: 'none',
  op: 'one batch',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const shared = plan.handle()
    tape.map(shared, 4, { writable: true })
    tape.body()
    tape.loop(count, () => {
      tape.write(shared, 0, 4)
      tape.op(() =>
        tape.batch(() => {
          tape.adviseAway(shared, 0, 1)
          tape.adviseAway(shared, 2, 1)
        }),
      )
    })
  },
})

/** Takes a right away from the first page and gives one back to the second. */
const rights: WorkloadModule = {
  ...batches(0),
  write: (plan) => {
    const tape = plan.tape(0)
    const shared = plan.handle()
    tape.map(shared, 2, { writable: true })
    tape.body()
    tape.loop(4, () => {
      tape.write(shared, 0, 2)
      tape.protect(shared, 1, 1, false)
      tape.read(shared, 0, 2)
      tape.op(() =>
        tape.batch(() => {
          tape.protect(shared, 0, 1, false)
          tape.protect(shared, 1, 1, true)
        }),
      )
      tape.protect(shared, 0, 1, true)
    })
  },
}

/** One unmapping of four pages at a time, each read back at once: whoever deferred it is asked for it. */
const readBack: WorkloadModule = {
  ...batches(0),
  write: (plan) => {
    const tape = plan.tape(0)
    const shared = plan.handle()
    tape.map(shared, 4, { writable: true })
    tape.body()
    tape.loop(5, () => {
      tape.write(shared, 0, 4)
      tape.op(() => tape.adviseAway(shared, 0, 4))
    })
  },
}

test('lazy, asked for what it deferred, flushes each page of it on the others', async () => {
  const { figures, violations } = await simCell({
    strategy: 'lazy',
    strategyParameters: { tickUs: 1_000_000 },
    workload: readBack,
    cpus: 3,
    readers: 0,
    oracle: 'full',
  })
  expect(violations).toEqual([])
  // Its own four at once, and one round over four pages on three CPUs when the first is populated again.
  expect(figures).toMatchObject({ ops: 5, flushRounds: 5, pagesInvalidated: 5 * (4 + 4 * 3) })
})

test.each(OWN_STRATEGIES)(
  '%s: a right given back settles nothing that was taken before',
  async (strategy) => {
    const cell = { strategy, workload: rights, cpus: 2, readers: 0, oracle: 'full' } as const
    expect((await simCell(cell)).violations).toEqual([])
  },
)

describe('a batch', () => {
  const cell = { workload: batches(5), cpus: 3, readers: 0 }

  test('is one round under batched: the range from the first page to the last', async () => {
    const { figures } = await simCell({ ...cell, strategy: 'batched' })
    expect(figures).toMatchObject({ ops: 5, ipis: 5 * 2, flushRounds: 5, pagesInvalidated: 5 * 3 * 3 })
  })

  test('is two rounds under immediate', async () => {
    const { figures } = await simCell({ ...cell, strategy: 'immediate' })
    expect(figures).toMatchObject({ ops: 5, ipis: 10 * 2, flushRounds: 10, pagesInvalidated: 10 * 3 })
  })
})
