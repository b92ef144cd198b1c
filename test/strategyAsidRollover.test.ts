import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { Placed, StrategyModule } from '../dist/src/contract/strategy.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_BROADCAST_SYNCS } from '../dist/src/machine/counters.js'
import { randomOf } from '../dist/src/harness/random.js'
import { Layout } from '../dist/src/machine/layout.js'
import rollover, { AsidRollover } from '../dist/src/strategies/asid-rollover.js'
import {
  generationBlocks,
  TagGenerations,
  type GenerationBlocks,
} from '../dist/src/strategies/shared/tagGenerations.js'
import { invariantsOf, simCell, threadsCell, type CellOptions } from './support/runCell.js'

/** One CPU that goes round `spaces` spaces, `rounds` times. */
const roundTrip = (spaces: number, rounds: number): WorkloadModule => ({
  summary: 'round trips',
  source: 'none',
  op: 'one round',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    tape.body()
    tape.loop(rounds, () =>
      tape.op(() => {
        for (let space = 1; space <= spaces; space++) tape.switchTo((space % spaces) + 1)
      }),
    )
  },
})

describe('closed forms', () => {
  const flushes = async (strategy: string, spaces: number, rounds: number, tags: number) => {
    const { figures } = await simCell({
      strategy,
      strategyParameters: { tags },
      workload: roundTrip(spaces, rounds),
      cpus: 1,
    })
    expect([figures.ipis, figures.flushRounds]).toEqual([0, 0])
    return figures.fullFlushes
  }

  test.each([
    [3, 20, 2],
    [5, 10, 3],
    [6, 10, 4],
    [9, 8, 5],
  ])('%i spaces, %i rounds, %i tags: a flush every tags - 1 switches', async (spaces, rounds, tags) => {
    expect(await flushes('asid-rollover', spaces, rounds, tags)).toBe((spaces * rounds) / (tags - 1))
    // Tags that spaces share for good are flushed one by one, which is no full flush.
    expect(await flushes('arm64-tlbi', spaces, rounds, tags)).toBe(0)
  })

  test.each([3, 4, 100])('3 spaces and %i tags: none', async (tags) => {
    expect(await flushes('asid-rollover', 3, 20, tags)).toBe(0)
  })
})

const SPACES = 6

/** Every CPU wanders through all spaces, reads, writes, and takes pages away. */
const wandering: WorkloadModule = {
  summary: 'CPUs that wander through spaces',
  source: 'none',
  op: 'one visit',
  parameters: {},
  write: (plan) => {
    const spaces = Array.from({ length: SPACES }, (_, index) => ({ space: index + 1, handle: plan.handle() }))
    const tapes = Array.from({ length: plan.initiatorCount }, (_, cpu) => plan.tape(cpu))
    for (const { space, handle } of spaces) {
      tapes[0].switchTo(space)
      tapes[0].map(handle, 3, { writable: true })
    }
    tapes[0].switchTo(1)
    for (const tape of tapes) {
      tape.body()
      for (let visit = 0; visit < 40; visit++) {
        const { space, handle } = spaces[plan.random(SPACES)]
        tape.op(() => {
          tape.switchTo(space)
          tape.write(handle, 0, 3)
          if (plan.random(2) === 0) tape.adviseAway(handle, plan.random(3), 1)
          tape.read(handle, 0, 3)
        })
      }
      tape.switchTo(1)
    }
  },
}

const wander = (cpus: number, seed: number, more: Partial<CellOptions>): CellOptions => ({
  strategy: 'asid-rollover',
  workload: wandering,
  cpus,
  initiators: cpus,
  seed,
  oracle: 'full',
  ...more,
})

const CASES = [1, 2].flatMap((seed) => [2, 3, 4].map((cpus) => [cpus, seed] as const))

describe('with few tags', () => {
  test.each([1, 2, 3, 0x7fffffff])('and %i generations nothing stale is used', async (generations) => {
    for (const [cpus, seed] of CASES) {
      const result = await simCell(wander(cpus, seed, { strategyParameters: { tags: 1, generations } }))
      expect(invariantsOf(result)).toEqual([])
      const { figures } = result
      expect(figures.fullFlushes).toBeGreaterThan(10)
      expect([figures.ipis, figures.counters[COUNT_BROADCAST_SYNCS] > 0]).toEqual([0, true])
    }
  })

  test('on real threads', async () => {
    const options = wander(3, 1, { strategyParameters: { tags: 1, generations: 2 }, isOversubscribed: true })
    const result = await threadsCell({ ...options, passes: 3 })
    expect(invariantsOf(result)).toEqual([])
    expect(result.figures.fullFlushes).toBeGreaterThan(10)
  })
})

/** The words of an allocator, with one CPU at a time on them. */
function portOver(words: Int32Array, id: number): Port {
  const exchange = (word: number, value: number) => {
    const before = words[word]
    words[word] = value
    return before
  }
  return {
    id,
    load: (word: number) => words[word],
    store: (word: number, value: number) => void exchange(word, value),
    exchange,
    compareExchange: (word: number, expected: number, value: number) =>
      words[word] === expected ? exchange(word, value) : words[word],
  } as unknown as Port
}

/** CPUs that load spaces at random; how often one finds what another space has left under its tag. */
function mixUps(Kind: typeof TagGenerations, generations: number, cpuCount: number, seed: number): number {
  const shape = { cpuCount, spaceCount: 8 }
  const tagCount = cpuCount + 1
  const layout = new Layout()
  const placed = Object.fromEntries(
    Object.entries(generationBlocks(shape, tagCount)).map(([name, block]) => [
      name,
      layout.place(name, block),
    ]),
  ) as Record<GenerationBlocks, Placed>
  const words = new Int32Array(layout.wordCount)
  const allocator = new Kind(placed, shape, tagCount, generations)
  const cpus = Array.from({ length: cpuCount }, (_, id) => ({
    port: portOver(words, id),
    left: new Map<number, number>(),
  }))
  const running = new Map<number, { space: number; tag: number }>()
  const random = randomOf(seed, 0)
  let found = 0
  for (let turn = 0; turn < 1000; turn++) {
    const id = random(cpuCount)
    const { port, left } = cpus[id]
    const space = 1 + random(shape.spaceCount - 1)
    let tag = allocator.takeQuickly(port, space)
    if (tag === 0) {
      if (!allocator.tryLock(port) || allocator.tryLock(port)) throw new Error('the lock is none')
      tag = allocator.take(port, space)
      if (allocator.takePending(port)) left.clear()
      allocator.unlock(port)
    }
    if (tag < 1 || tag > tagCount) throw new Error(`${tag} is no tag`)
    if ((left.get(tag) ?? space) !== space) found++
    left.set(tag, space)
    running.set(id, { space, tag })
    for (const one of running.values()) if ((one.tag === tag) !== (one.space === space)) found++
    // Broadcasts for the space go out under this tag.
    if (allocator.tagOf(port, space) !== tag) found++
  }
  return found
}

describe('tags in generations', () => {
  const total = (Kind: typeof TagGenerations, generations: number) =>
    [1, 2, 3, 5].reduce((sum, cpus) => sum + mixUps(Kind, generations, cpus, cpus), 0)

  test.each([1, 2, 3, 7, 0x7fffffff])(
    'of which there are %i: a tag is one space on every CPU',
    (generations) => {
      expect(total(TagGenerations, generations)).toBe(0)
    },
  )

  /** Nobody flushes after a rollover. */
  class NoFlush extends TagGenerations {
    override takePending(_cpu: Port): boolean {
      return false
    }
  }
  /** A space that slept through all generations is taken for one of this. */
  class Remembers extends TagGenerations {
    protected override forgetStamps(): void {}
  }

  test.each([
    ['without the flush after a rollover', NoFlush, 0x7fffffff],
    ['in which stamps outlive the wrap of the generations', Remembers, 2],
  ])('an allocator %s mixes spaces up', (_what, Kind, generations) => {
    expect(total(Kind, generations)).toBeGreaterThan(0)
  })

  test('without the flush, what is stale is used', async () => {
    const module: StrategyModule = { ...rollover, create: (host) => new AsidRollover(host, NoFlush) }
    const found = await simCell(wander(3, 1, { module, strategyParameters: { tags: 1 } }))
    expect(invariantsOf(found)).not.toEqual([])
  })
})
