import { setImmediate } from 'node:timers/promises'
import { Bench } from 'tinybench'
import { quantile } from '../../src/stats/quantile.js'
import { clockNs, type Side, type SideRow } from './suite.js'

/** Of the budget, for V8 to compile what will be measured, in the order in which it will be. */
const WARMUP_SHARE = 0.3
const MIN_WARMUP_ROUNDS = 2
/** A median of ratios of fewer rounds would be an anecdote. */
const MIN_ROUNDS = 5

/**
 * Measures the sides of a suite side by side: in every round each of them once, every other round in
 * the opposite order, so that what comes over the machine meanwhile comes over all of them. tinybench
 * by itself would measure one task after the other; a task that has been reset runs again, so one
 * round is one iteration of each of its tasks. The ratio is taken in each round and then the median.
 */
export async function compare(suite: string, sides: readonly Side[], budgetMs: number): Promise<SideRow[]> {
  const perOperation = new Map<string, number[]>(sides.map((side) => [side.name, []]))
  const bench = new Bench({ name: suite, time: 0, iterations: 1, warmup: false, throws: true })
  for (const side of sides) {
    const note = ({ ns, operations }: { ns: number; operations: number }) => {
      perOperation.get(side.name)?.push(ns / operations)
      // What the side has timed itself, on its own thread, without the way there and back.
      return { overriddenDuration: ns / 1e6 }
    }
    const task = side.isAsync ? async () => note(await side.sample()) : () => note(side.sample() as never)
    bench.add(side.name, task, { async: side.isAsync })
  }
  const round = async (isForward: boolean) => {
    const tasks = isForward ? bench.tasks : bench.tasks.toReversed()
    for (const task of tasks) {
      task.reset()
      await task.run()
    }
    // A parent that is gone, or wants this to end, is heard here.
    await setImmediate()
  }
  await rounds(round, budgetMs * WARMUP_SHARE, MIN_WARMUP_ROUNDS)
  for (const samples of perOperation.values()) samples.length = 0
  await rounds(round, budgetMs * (1 - WARMUP_SHARE), MIN_ROUNDS)
  return sides.map((side) => rowOf(suite, side, perOperation))
}

async function rounds(
  round: (isForward: boolean) => Promise<void>,
  ms: number,
  least: number,
): Promise<void> {
  const end = clockNs() + ms * 1e6
  for (let done = 0; done < least || clockNs() < end; done++) await round(done % 2 === 0)
}

function rowOf(suite: string, side: Side, perOperation: ReadonlyMap<string, number[]>): SideRow {
  const own = perOperation.get(side.name) ?? []
  const other = side.against === undefined ? undefined : perOperation.get(side.against)
  const ratios = other === undefined ? [] : own.map((ns, round) => ns / other[round])
  return {
    suite,
    task: side.name,
    operation: side.operation,
    unit: 'ns',
    value: quantile(own, 0.5) ?? NaN,
    against: side.against ?? null,
    ratio: quantile(ratios, 0.5),
    rounds: own.length,
    target: side.target ?? null,
  }
}
