import { expect, test } from 'vitest'
import { measureRounds } from '../dist/bench/suites/measureRounds.js'
import { compare } from '../dist/bench/suites/compare.js'
import { randomOf } from '../dist/src/harness/random.js'

const NAMES = ['base', 'head', 'again']
/** Rounds of a budget of nothing: 2 of warm-up, 5 that are measured. */
const ROUNDS = 7
const WARMUP_ROUNDS = 2
const NO_TIME = { warmupMs: 0, measuredMs: 0 }

/** Three sides that take 10 ns more at every call of any of them, for two operations. */
function countingSides() {
  const calls: string[] = []
  const sides = NAMES.map((name) => ({
    name,
    operation: 'nothing',
    isAsync: name === 'head',
    sample() {
      calls.push(name)
      const sample = { ns: 10 * calls.length, operations: 2 }
      return name === 'head' ? Promise.resolve(sample) : sample
    },
  }))
  return { calls, sides }
}

async function ordersOf(seed: number): Promise<string[]> {
  const { calls, sides } = countingSides()
  await measureRounds(sides, { ...NO_TIME, random: randomOf(seed, 0) })
  expect(calls).toHaveLength(ROUNDS * NAMES.length)
  return Array.from({ length: ROUNDS }, (_, round) => calls.slice(3 * round, 3 * round + 3).join())
}

test('in every round each side has one turn, in any order, the same for the same seed', async () => {
  const seen = new Map<string, number>()
  for (let seed = 1; seed <= 60; seed++) {
    for (const order of await ordersOf(seed)) seen.set(order, (seen.get(order) ?? 0) + 1)
  }
  // 420 rounds, 70 of each order where all are equally likely; less than 40 is four standard deviations away.
  expect([...seen.keys()].toSorted()).toEqual([
    'again,base,head',
    'again,head,base',
    'base,again,head',
    'base,head,again',
    'head,again,base',
    'head,base,again',
  ])
  expect(Math.min(...seen.values())).toBeGreaterThan(40)
  expect(await ordersOf(7)).toEqual(await ordersOf(7))
})

test('samples are those of the measured rounds, per operation, in the order of time', async () => {
  const { calls, sides } = countingSides()
  const samples = await measureRounds(sides, { ...NO_TIME, random: randomOf(1, 0) })
  const expected = NAMES.map((name): [string, number[]] => {
    const turns = calls.flatMap((caller, at) => (caller === name ? [at + 1] : []))
    return [name, turns.slice(WARMUP_ROUNDS).map((turn) => 5 * turn)]
  })
  expect([...samples]).toEqual(expected)
})

test('the ratio is the median of the ratios of the rounds', async () => {
  const held = { operation: 'nothing', isAsync: false }
  let turn = 0
  const sides = [
    { ...held, name: 'bare', sample: () => ({ ns: 2, operations: 2 }) },
    // Over the five measured rounds 3, 4, 5, 6, 7.
    { ...held, name: 'own', against: 'bare', sample: () => ({ ns: ++turn, operations: 1 }) },
  ]
  const rows = await compare('made-up', sides, 0, randomOf(1, 0))
  expect(rows).toMatchObject([
    { task: 'bare', value: 1, against: null, ratio: null, rounds: 5 },
    { task: 'own', value: 5, against: 'bare', ratio: 5, rounds: 5 },
  ])
})

test('a side that fails ends the measurement', async () => {
  const { sides } = countingSides()
  const failing = {
    ...sides[0],
    sample: () => Promise.reject(new Error('violation: planted')),
    isAsync: true,
  }
  const measured = measureRounds([failing, sides[1]], { ...NO_TIME, random: randomOf(1, 0) })
  await expect(measured).rejects.toThrow('violation: planted')
})
