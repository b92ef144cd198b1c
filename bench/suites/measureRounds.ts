import { setImmediate } from 'node:timers/promises'
import { Bench } from 'tinybench'
import { shuffled } from '../../src/harness/shuffled.js'
import { clockNs, type Sample, type Side } from './suite.js'

const MIN_WARMUP_ROUNDS = 2
/** A median of ratios of fewer rounds would be an anecdote. */
const MIN_ROUNDS = 5

export interface RoundsOptions {
  /** For V8 to compile what will be measured, in such rounds as will be. */
  readonly warmupMs: number
  readonly measuredMs: number
  /** Decides the order in each round. */
  readonly random: (bound: number) => number
}

/**
 * Measures sides beside each other: in every round each of them once, in a random order, so that what comes over
 * the machine meanwhile comes over all of them, and none always follows the same other one. tinybench by itself
 * would measure one task after the other; a task that has been reset runs again, so one round is one iteration of
 * each of its tasks.
 * @returns for each side by its name what one operation took, ns: one for every measured round, in the order of time
 */
export async function measureRounds(
  sides: readonly Pick<Side, 'name' | 'isAsync' | 'sample'>[],
  { warmupMs, measuredMs, random }: RoundsOptions,
): Promise<Map<string, number[]>> {
  const perOperation = new Map<string, number[]>(sides.map(({ name }) => [name, []]))
  const bench = new Bench({ time: 0, iterations: 1, warmup: false, throws: true })
  for (const side of sides) {
    const note = ({ ns, operations }: Sample) => {
      perOperation.get(side.name)?.push(ns / operations)
      // What the side has timed itself, on its own thread, without the way there and back.
      return { overriddenDuration: ns / 1e6 }
    }
    const task = side.isAsync ? async () => note(await side.sample()) : () => note(side.sample() as Sample)
    bench.add(side.name, task, { async: side.isAsync })
  }
  const rounds = async (ms: number, least: number) => {
    const end = clockNs() + ms * 1e6
    for (let done = 0; done < least || clockNs() < end; done++) {
      for (const task of shuffled(bench.tasks, random)) {
        task.reset()
        await task.run()
      }
      // A parent that is gone, or wants this to end, is heard here.
      await setImmediate()
    }
  }
  await rounds(warmupMs, MIN_WARMUP_ROUNDS)
  for (const samples of perOperation.values()) samples.length = 0
  await rounds(measuredMs, MIN_ROUNDS)
  return perOperation
}
