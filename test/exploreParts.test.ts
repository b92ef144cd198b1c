import fc from 'fast-check'
import { DIRTY, PRESENT, WRITABLE } from '../dist/src/contract/page.js'
import { LEVEL_DIRECTORY, LEVEL_LEAF } from '../dist/src/pagetable/passedEvent.js'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../dist/src/contract/usageError.js'
import { Arena } from '../dist/src/engines/explore/arena.js'
import { Choices } from '../dist/src/engines/explore/choices.js'
import { BUFFERED, MOST_BUFFERED } from '../dist/src/engines/explore/exploreWords.js'
import { HeldEntries } from '../dist/src/engines/explore/heldEntries.js'
import { decodeSchedule, encodeSchedule } from '../dist/src/engines/explore/schedule.js'
import { StoreBuffer } from '../dist/src/engines/explore/storeBuffer.js'
import { actionOf, cpuOf, kindOf, paramOf } from '../dist/src/engines/explore/actions.js'
import { Visited } from '../dist/src/engines/explore/visited.js'
import { usageErrorOf } from './support/usage.js'

const WORDS = 12
const write = fc.record({
  word: fc.nat({ max: WORDS - 1 }),
  value: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.integer()),
})
const writes = fc.array(write, { maxLength: 30 })

const arenaWith = (list: readonly { word: number; value: number }[]): Arena => {
  const arena = new Arena(new Int32Array(WORDS).fill(7))
  arena.begin()
  for (const { word, value } of list) arena.set(word, value)
  return arena
}
const hashOf = ({ hashLow, hashHigh }: Arena) => [hashLow, hashHigh]

describe('Arena', () => {
  test('has the same hash for the same words, in whatever order they were written', () => {
    fc.assert(
      fc.property(writes, writes, (detour, list) => {
        const last = new Map(list.map(({ word, value }) => [word, value]))
        const straight = [...last].map(([word, value]) => ({ word, value })).toReversed()
        // What is written only on the way is written back.
        const back = detour.filter(({ word }) => !last.has(word)).map(({ word }) => ({ word, value: 7 }))
        expect(hashOf(arenaWith([...detour, ...list, ...back]))).toEqual(hashOf(arenaWith(straight)))
      }),
    )
  })

  test('has another hash for other words', () => {
    const seen = new Map<string, string>()
    fc.assert(
      fc.property(writes, (list) => {
        const arena = arenaWith(list)
        const text = arena.words.join()
        const hash = hashOf(arena).join()
        expect(seen.get(hash) ?? text).toBe(text)
        seen.set(hash, text)
      }),
      { numRuns: 2000 },
    )
  })

  test('undo puts back words, what is committed, and the hash', () => {
    fc.assert(
      fc.property(writes, writes, (before, after) => {
        const arena = arenaWith(before)
        const words = arena.words.slice()
        const [low, high] = hashOf(arena)
        const { trailLength } = arena
        for (const { word, value } of after) arena.set(word, value)
        arena.undoTo(trailLength, low, high)
        expect(arena.words).toEqual(words)
        expect(arena.committed).toEqual(words)
        expect(arena.trailLength).toBe(trailLength)
        // And goes on as if nothing had been: the hash still follows.
        for (const { word, value } of after) arena.set(word, value)
        expect(hashOf(arena)).toEqual(hashOf(arenaWith([...before, ...after])))
      }),
    )
  })

  test('history is undone but does not tell states apart', () => {
    const arena = new Arena(new Int32Array(WORDS))
    arena.ignore(3)
    arena.begin()
    arena.set(3, 9)
    expect([arena.hashLow, arena.hashHigh, arena.words[3]]).toEqual([0, 0, 9])
    arena.undoTo(0, 0, 0)
    expect(arena.words[3]).toBe(0)
  })

  test('compares with what is committed, wraps to 32 bits, and keeps a trail of any length', () => {
    const arena = new Arena(new Int32Array(2))
    arena.begin()
    // As a strategy writes a private word: past the arena, then committed.
    arena.words[0] = 5
    arena.set(0, 5)
    expect([arena.committed[0], arena.trailLength]).toEqual([5, 1])
    arena.set(1, 2 ** 32 + 1)
    expect(arena.words[1]).toBe(1)
    for (let i = 0; i < 200_000; i++) arena.set(1, i)
    expect(arena.writtenSince(1)).toEqual(new Map([[1, 0]]))
    arena.undoTo(0, 0, 0)
    expect([...arena.words]).toEqual([0, 0])
  })
})

describe('Visited', () => {
  const lane = fc.oneof(fc.integer({ min: -1, max: 1 }), fc.integer())
  const seenAt = fc.tuple(lane, lane, fc.nat({ max: 5 }))

  test('is a map from state to least depth', () => {
    fc.assert(
      fc.property(fc.array(seenAt, { maxLength: 200 }), (list) => {
        const visited = new Visited()
        const model = new Map<string, number>()
        for (const [low, high, depth] of list) {
          // The one hash that marks a free slot is kept as its neighbour.
          const key = low === 0 && high === 0 ? '0,1' : `${low},${high}`
          const before = model.get(key) ?? Infinity
          expect(visited.add(low, high, depth)).toBe(depth < before)
          model.set(key, Math.min(before, depth))
          expect(visited.count).toBe(model.size)
        }
      }),
    )
  })

  test('forgets nothing when it grows', () => {
    const visited = new Visited()
    const count = 200_000
    // Neighbours in the table, so that they collide.
    const hash = (i: number): [number, number] => [Math.imul(i, 7), i >> 3]
    let wrong = 0
    for (let i = 0; i < count; i++) if (!visited.add(...hash(i), 5)) wrong++
    for (let i = 0; i < count; i++) {
      if (visited.add(...hash(i), 5)) wrong++
      if (!visited.add(...hash(i), 4)) wrong++
    }
    expect([wrong, visited.count, visited.isFull]).toEqual([0, count, false])
  })
})

describe('Choices', () => {
  /** Runs `body` with every combination, as the search does. */
  const runs = (body: (choose: (arity: number) => number) => number[]): string[] => {
    const choices = new Choices()
    const digits = new Int32Array(Choices.most)
    const all: string[] = []
    let planned = 0
    do {
      choices.reset()
      choices.plan(digits, 0, planned)
      all.push(body((arity) => choices.choose(arity)).join())
      if (!choices.next()) break
      planned = choices.planned
      digits.set(choices.digits)
    } while (all.length < 100_000)
    return all
  }

  test('gives each combination once, also where later arities depend on earlier digits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 }), (arities) => {
        const arityAt = (i: number, sum: number) => 1 + ((arities[i] + sum) % 4)
        const expected: string[] = []
        const fill = (digits: number[], sum: number): void => {
          if (digits.length === arities.length) return void expected.push(digits.join())
          for (let digit = 0; digit < arityAt(digits.length, sum); digit++)
            fill([...digits, digit], sum + digit)
        }
        fill([], 0)
        const got = runs((choose) => {
          const digits: number[] = []
          let sum = 0
          for (let i = 0; i < arities.length; i++) {
            digits.push(choose(arityAt(i, sum)))
            sum += digits[i]
          }
          return digits
        })
        expect(got.toSorted()).toEqual(expected.toSorted())
      }),
    )
  })

  test('begins with nothing special, and refuses more digits than it keeps', () => {
    expect(runs((choose) => [choose(3), choose(2)])[0]).toBe('0,0')
    const choices = new Choices()
    for (let i = 0; i < Choices.most; i++) choices.choose(2)
    expect(() => choices.choose(2)).toThrow(/more choices/)
  })
})

describe('StoreBuffer', () => {
  const BUFFERS = 100
  const step = fc.oneof(
    fc.record({
      what: fc.constant('write'),
      cpu: fc.nat({ max: 1 }),
      word: fc.nat({ max: 3 }),
      value: fc.nat(),
    }),
    fc.record({
      what: fc.constant('commit'),
      cpu: fc.nat({ max: 1 }),
      word: fc.constant(0),
      value: fc.constant(0),
    }),
    fc.record({
      what: fc.constant('drain'),
      cpu: fc.nat({ max: 1 }),
      word: fc.constant(0),
      value: fc.constant(0),
    }),
  )

  test('is a queue per CPU, seen by its own loads at once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 90 }), (steps) => {
        const arena = new Arena(new Int32Array(BUFFERS + 4 * MOST_BUFFERED))
        const cpus = { base: 16, stride: 16 }
        const buffers = { base: BUFFERS, stride: 2 * MOST_BUFFERED }
        const own = [0, 1].map((cpu) => new StoreBuffer(arena, cpu, cpus, buffers, true))
        const memory = [0, 0, 0, 0]
        const queues: { word: number; value: number }[][] = [[], []]
        const commit = (cpu: number) => {
          const oldest = queues[cpu].shift()
          if (oldest !== undefined) memory[oldest.word] = oldest.value
        }
        for (const { what, cpu, word, value } of steps) {
          if (what === 'write') {
            if (queues[cpu].length === MOST_BUFFERED) commit(cpu)
            queues[cpu].push({ word, value })
            own[cpu].write(word, value)
          } else if (what === 'drain') {
            while (queues[cpu].length > 0) commit(cpu)
            own[cpu].drain()
          } else if (own[cpu].count > 0) {
            commit(cpu)
            own[cpu].commitOldest()
          }
          expect([...arena.words.subarray(0, 4)]).toEqual(memory)
          for (const at of [0, 1]) {
            expect(own[at].count).toBe(queues[at].length)
            for (const w of memory.keys())
              expect(own[at].read(w)).toBe(
                queues[at].findLast((store) => store.word === w)?.value ?? memory[w],
              )
          }
        }
        // Empty buffers are all alike: nothing of what went through is left in the state.
        for (const buffer of own) buffer.drain()
        expect(arena.words.subarray(BUFFERS).every((value) => value === 0)).toBe(true)
        expect(arena.words[cpus.base + BUFFERED]).toBe(0)
      }),
    )
  })

  test('is not there where it is off', () => {
    const arena = new Arena(new Int32Array(64))
    const buffer = new StoreBuffer(arena, 0, { base: 8, stride: 0 }, { base: 32, stride: 0 }, false)
    buffer.write(1, 4)
    expect([arena.words[1], buffer.count, buffer.read(1)]).toEqual([4, 0, 4])
  })
})

describe('HeldEntries', () => {
  const pages = [
    { space: 1, page: 100, level: LEVEL_LEAF, directory: 0 },
    { space: 1, page: 101, level: LEVEL_LEAF, directory: 0 },
    { space: 1, page: 103, level: LEVEL_LEAF, directory: 0 },
    { space: 0, page: 700, level: LEVEL_LEAF, directory: 0 },
    // The paging-structure cache: any flush empties it.
    { space: 1, page: 1024, level: LEVEL_DIRECTORY, directory: 0 },
  ]
  /** CPU 1 holds all of them. */
  const held = () => {
    const entries = new HeldEntries(new Arena(new Int32Array(64)), { base: 8, stride: 24 }, pages)
    for (const index of pages.keys()) entries.fill(1, index, (5 << 12) | 1, 3)
    return entries
  }
  const left = (entries: HeldEntries) =>
    pages.filter((_, index) => entries.entry(1, index) !== 0).map(({ page }) => page)

  test.each<[string, (entries: HeldEntries) => void, number[]]>([
    ['a range', (e) => e.dropRange(1, 1, 100, 2, 1), [103, 700]],
    ['a range of the other space', (e) => e.dropRange(1, 0, 100, 1000, 1), [100, 101, 103]],
    ['every third page', (e) => e.dropRange(1, 1, 100, 4, 3), [101, 700]],
    ['a space', (e) => e.dropSpace(1, 1), [700]],
    ['everything', (e) => e.dropSpace(1, 0), []],
    ['a range under a tag', (e) => e.dropTagged(1, 1, 100, 2, 1), [103, 700]],
    ['a range under the tag of the other space', (e) => e.dropTagged(1, 0, 700, 1, 1), [100, 101, 103, 1024]],
    ['what another CPU holds', (e) => e.dropSpace(0, 0), [100, 101, 103, 700, 1024]],
  ])('drops %s', (_what, drop, rest) => {
    const entries = held()
    drop(entries)
    expect(left(entries)).toEqual(rest)
  })

  test('knows what is stale by version, frame and permissions', () => {
    const entries = held()
    const frame = (5 << 12) >>> 12
    expect(entries.isStale(1, 0, 3, -1, 0, 0)).toBe(false)
    expect(entries.isStale(1, 0, 4, -1, 0, 0)).toBe(true)
    expect(entries.isStale(0, 0, 4, -1, 0, 0)).toBe(false)
    expect(entries.isStale(1, 0, 4, frame + 1, 0, 0)).toBe(false)
    // A clean entry does no harm where only stores through it would.
    expect(entries.isStale(1, 0, 4, -1, 0, DIRTY)).toBe(false)
    // One that can be stored through needs all the flags that it takes, not some of them.
    const needed = WRITABLE | DIRTY
    for (const flags of [0, WRITABLE, DIRTY, needed]) {
      entries.fill(1, 0, (5 << 12) | PRESENT | flags, 3)
      expect(entries.isStale(1, 0, 4, -1, 0, needed)).toBe(flags === needed)
    }
  })

  test('a new translation is not condemned for what the old one was', () => {
    const entries = held()
    entries.condemn(1, 0, 1)
    entries.condemn(1, 0, 4)
    expect(entries.condemned(1, 0)).toBe(5)
    entries.fill(1, 0, (6 << 12) | 1, 4)
    expect(entries.condemned(1, 0)).toBe(0)
  })
})

describe('a schedule as text', () => {
  /** Kinds that name an operation, a page or a broadcast: see the letters in schedule.ts. */
  const withParam = new Set([7, 9, 10])
  const scheduleStep = fc
    .record({
      cpu: fc.nat({ max: 7 }),
      kind: fc.nat({ max: 10 }),
      param: fc.nat({ max: 40 }),
      digits: fc.array(fc.nat({ max: 15 }), { maxLength: 8 }),
      times: fc.integer({ min: 1, max: 4 }),
    })
    .map(({ cpu, kind, param, digits, times }) => ({
      step: {
        action: actionOf(cpu, kind, withParam.has(kind) ? param : 0),
        digits: digits.some((digit) => digit > 0) ? digits : [],
      },
      times,
    }))

  test('comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(scheduleStep, { minLength: 1, maxLength: 40 }), (list) => {
        const schedule = list.flatMap(({ step, times }) => Array.from({ length: times }, () => step))
        const text = encodeSchedule(schedule)
        expect(decodeSchedule(text)).toEqual(schedule)
        // One word of a shell, without quotes.
        expect(text).toMatch(/^[a-z\d./*-]+$/)
      }),
    )
  })

  test('an action is its CPU, kind and choice', () => {
    fc.assert(
      fc.property(fc.nat({ max: 7 }), fc.nat({ max: 10 }), fc.nat({ max: 500 }), (cpu, kind, param) => {
        const action = actionOf(cpu, kind, param)
        expect([cpuOf(action), kindOf(action), paramOf(action)]).toEqual([cpu, kind, param])
      }),
    )
  })

  test.each([
    '',
    '.',
    '0',
    '0x',
    '8c',
    '0o1.',
    'c0',
    '0c/',
    '0c*',
    '0c*0',
    '0c*99999999',
    '0c/1-',
    '0c 1c',
    '0o1/1/2',
    '0C',
  ])('refuses %j', async (text) => {
    expect(() => decodeSchedule(text)).toThrow(UsageError)
    expect(await usageErrorOf(() => decodeSchedule(text))).toContain('--replay')
  })
})
