import { UsageError } from '../src/contract/usageError.js'
import { nearestFirst } from '../src/harness/nearest.js'
import type { Contestant, SuiteRequest } from './contestantProtocol.js'
import type { Side } from './suites/suite.js'
import { SUITES } from './suites/suites.js'

/** A side of a suite that stays open until it is closed. */
export async function openSuite({ suite, side }: SuiteRequest): Promise<Contestant> {
  const file = SUITES.get(suite)
  if (file === undefined || !file.isTimed) {
    const known = [...SUITES].filter(([, { isTimed }]) => isTimed).map(([name]) => name)
    throw new UsageError(`suite ${suite}`, 'there is no such timed suite', nearestFirst(suite, known), '')
  }
  const { default: run } = await file.load()
  let closed: Promise<void> = Promise.resolve()
  // The suite clears up when what it has called ends, and that is when somebody calls `close`.
  const { sides, close } = await new Promise<{ sides: readonly Side[]; close: () => void }>(
    (opened, failed) => {
      closed = run((made) => new Promise<void>((end) => opened({ sides: made, close: end })))
      closed.catch(failed)
    },
  )
  const found = sides.find(({ name }) => name === side)
  if (found === undefined) {
    close()
    await closed
    const known = sides.map(({ name }) => name)
    throw new UsageError(`side ${side} of suite ${suite}`, 'there is none', nearestFirst(side, known), '')
  }
  const pass = async (): Promise<number> => {
    const { ns, operations } = await found.sample()
    return ns / operations
  }
  return {
    // Every sample checks by the machine's counters that it does what the operation says.
    work: found.operation,
    async warmUp() {
      await pass()
    },
    pass,
    async close() {
      close()
      await closed
    },
  }
}
