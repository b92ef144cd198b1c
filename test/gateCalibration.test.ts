import { describe, expect, test } from 'vitest'
import { calibrate, calibrationRun, iterationsFor } from '../dist/src/gate/calibration.js'
import { GateRefusal } from '../dist/src/gate/refusal.js'

/** What processes measure whose loops cost so many percent, with a spread that cancels out. */
const processes = (percent: number, count = 16): number[] =>
  Array.from({ length: count }, (_, at) => Math.log(1 + percent / 100) + (at % 2 === 0 ? 0.004 : -0.004))

const row = (run: string, slower: number) => ({
  schema_version: 1 as const,
  run,
  cell: 'cell',
  batch: 'first',
  rounds: 5,
  base_ns: 1000,
  head_ns: 1000 * Math.exp(slower),
  slower,
  control: 0,
})

describe('the length of a loop', () => {
  test('is read from a line that does not begin at 0: short loops hide', () => {
    // 0.3 % for each iteration after the fifth.
    const cost = (iterations: number): number => 0.3 * (iterations - 5)
    const calibration = new Map([10, 20, 40].map((length) => [length, processes(cost(length))]))
    for (const [percent, iterations] of [
      [2, 5 + 2 / 0.3],
      [3, 15],
      [5, 5 + 5 / 0.3],
      [10, 5 + 10 / 0.3],
    ])
      expect(iterationsFor(calibration, percent)).toBe(Math.round(iterations))
  })

  test.each([
    ['none costs anything', [0, 0, 0]],
    ['longer ones cost less', [4, 3, 2]],
    ['the shortest costs more already', [20, 21, 22]],
    ['nothing was measured', []],
  ])('is refused where %s', (_, costs) => {
    const calibration = new Map(costs.map((cost, at) => [10 * 2 ** at, processes(cost)]))
    expect(() => iterationsFor(calibration, 5)).toThrow(GateRefusal)
  })
})

describe('a calibration', () => {
  test('measures each of its loops in the same number of processes', async () => {
    const asked: number[][] = []
    const calibration = await calibrate([], (iterations, count) => {
      asked.push([iterations, count])
      return Promise.resolve(processes(iterations / 10, count))
    })
    expect(new Set(asked.map(([, count]) => count)).size).toBe(1)
    expect([...calibration.keys()]).toEqual(asked.map(([iterations]) => iterations))
    expect(iterationsFor(calibration, 3)).toBe(30)
  })

  test('goes on with what is on record, and passes over what gate runs have measured', async () => {
    const first = await calibrate([], (iterations, count) =>
      Promise.resolve(processes(iterations / 10, count)),
    )
    const lengths = [...first.keys()]
    const record = lengths.flatMap((length) =>
      first.get(length)!.map((slower) => row(calibrationRun(length), slower)),
    )
    const torn = [row('5-1-abcdef', 1), ...record.slice(0, -5)]
    const asked: number[][] = []
    const again = await calibrate(torn, (iterations, count) => {
      asked.push([iterations, count])
      return Promise.resolve(first.get(iterations)!.slice(-count))
    })
    expect(asked).toEqual([[lengths.at(-1), 5]])
    expect(again).toEqual(first)
    expect(await calibrate(record, () => Promise.reject(new Error('nothing is missing')))).toEqual(first)
  })
})
