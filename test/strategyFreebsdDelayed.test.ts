import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { OpenBlocks } from '../dist/src/strategies/shared/openBlocks.js'
import { simCell, threadsCell, type CellOptions } from './support/runCell.js'
import { unmapCounts } from './support/unmapCounts.js'

describe('its closed forms', () => {
  test.each([1, 2, 8])('%i CPUs', async (cpus) => {
    const holders = cpus - 1
    for (const pages of [1, 3, 33]) {
      expect(await unmapCounts('freebsd-delayed', pages, cpus)).toEqual({
        ipis: 4 * holders,
        flushRounds: holders > 0 ? 4 : 0,
        pagesInvalidated: 4 * pages * cpus,
        fullFlushes: 0,
      })
    }
  })
})

const ROUNDS = 10
/** How long the batch goes on after the page is gone, and how long after its beginning somebody wants the page, nanoseconds. */
const BATCH_NS = 50_000
const WANTED_NS = 5000

/** CPU 0 takes a page away in a batch that goes on; CPU 1 wants it meanwhile, and has nothing of it cached. */
const wanted: WorkloadModule = {
  summary: 'a page that is wanted while its batch goes on',
  source: 'none',
  op: 'one fault',
  parameters: {},
  write(plan) {
    const handle = plan.handle()
    const [owner, other] = [plan.tape(0), plan.tape(1)]
    owner.map(handle, 1, { writable: true })
    for (const tape of [owner, other]) tape.body()
    owner.loop(ROUNDS, () => {
      owner.write(handle, 0, 1)
      owner.barrier()
      owner.batch(() => {
        owner.adviseAway(handle, 0, 1)
        owner.compute(BATCH_NS)
      })
      owner.barrier()
      owner.adviseAway(handle, 0, 1)
    })
    other.loop(ROUNDS, () => {
      other.barrier()
      other.compute(WANTED_NS)
      other.op(() => other.read(handle, 0, 1))
      other.barrier()
    })
  },
}

const cell = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: wanted,
  cpus: 2,
  initiators: 2,
  oracle: 'full',
  ...more,
})

describe('a page of an open batch', () => {
  const costsOf = async (strategy: string) => {
    const { figures, violations } = await simCell(cell(strategy))
    expect(violations).toEqual([])
    expect(figures.ops).toBe(ROUNDS)
    return { ipis: figures.ipis, rounds: figures.flushRounds, waitedNs: figures.opTotalNs / ROUNDS }
  }

  test('is waited for: whoever wants it sends nothing', async () => {
    const { ipis, rounds, waitedNs } = await costsOf('freebsd-delayed')
    // One round of the batch and one of the advice after it, each to the other CPU: all of them the owner's.
    expect([ipis, rounds]).toEqual([2 * ROUNDS, 2 * ROUNDS])
    expect(waitedNs).toBeGreaterThan(BATCH_NS - 2 * WANTED_NS)
  })

  test.each(['batched', 'freebsd-scoreboard'])('costs %s a round, and no wait', async (strategy) => {
    const { ipis, rounds, waitedNs } = await costsOf(strategy)
    expect([ipis, rounds]).toEqual([3 * ROUNDS, 3 * ROUNDS])
    expect(waitedNs).toBeLessThan(BATCH_NS / 2)
  })

  test('is waited for on real threads, too', async () => {
    const { violations, figures } = await threadsCell(cell('freebsd-delayed', { isOversubscribed: true }))
    expect([violations, figures.ops]).toEqual([[], ROUNDS])
  })

  // A fault that slept with its mapping pinned would wait for who waits for the pin.
  test('may be unmapped in the same batch', async () => {
    const unmapped: WorkloadModule = {
      ...wanted,
      write(plan) {
        const handle = plan.handle()
        const [owner, other] = [plan.tape(0), plan.tape(1)]
        for (const tape of [owner, other]) tape.body()
        owner.loop(ROUNDS, () => {
          owner.map(handle, 1, { writable: true })
          owner.write(handle, 0, 1)
          owner.barrier()
          owner.batch(() => {
            owner.adviseAway(handle, 0, 1)
            owner.compute(BATCH_NS)
            owner.unmap(handle)
          })
          owner.barrier()
        })
        other.loop(ROUNDS, () => {
          other.barrier()
          other.compute(WANTED_NS)
          other.op(() => other.read(handle, 0, 1))
          other.barrier()
        })
      },
    }
    const { violations, figures } = await simCell(cell('freebsd-delayed', { workload: unmapped }))
    expect([violations, figures.ops]).toEqual([[], ROUNDS])
  })
})

describe('open blocks', () => {
  /** Blocks of some CPUs, from a generation on; each CPU's port, one at a time on the words. */
  function blocks(cpuCount: number, generation: number) {
    const words = new Int32Array(64)
    words.fill(generation, 0, 2)
    const placed = {
      generation: { base: 0, stride: 16 },
      passed: { base: 1, stride: 16 },
      block: { base: 2, stride: 1 },
    }
    const update = (word: number, value: number) => {
      const before = words[word]
      words[word] = value
      return before
    }
    const cpus = Array.from(
      { length: cpuCount },
      (_, id) =>
        ({
          id,
          count: cpuCount,
          load: (word: number) => words[word],
          store: (word: number, value: number) => void update(word, value),
          exchange: update,
          add: (word: number, delta: number) => update(word, words[word] + delta),
          compareExchange: (word: number, expected: number, value: number) =>
            words[word] === expected ? update(word, value) : words[word],
        }) as unknown as Port,
    )
    const open = new OpenBlocks(placed)
    const close = (cpu: Port) => {
      open.close(cpu)
      expect(open.letPass(cpu)).toBe(true)
    }
    return { open, cpus, close }
  }

  test.each([0, 1000, -4, -2, 0x7ffffffe, -0x80000000])(
    'from generation %i on pass in their order, closed in any',
    (generation) => {
      const { open, cpus, close } = blocks(3, generation)
      const [first, second, third] = cpus
      const generations: number[] = []
      for (const cpu of cpus) {
        open.open(cpu)
        generations.push(open.generationOf(cpu))
      }
      const passed = () => generations.map((one) => open.hasPassed(first, one))
      expect(passed()).toEqual([false, false, false])
      close(second)
      expect(passed()).toEqual([false, false, false])
      close(first)
      expect(passed()).toEqual([true, true, false])
      // A later one of the same CPU holds up nobody before it.
      open.open(first)
      close(third)
      expect(passed()).toEqual([true, true, true])
      expect(open.hasPassed(first, open.generationOf(first))).toBe(false)
      close(first)
    },
  )
})
