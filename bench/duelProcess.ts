import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { EAGER_BUDGET } from '../src/engines/threads/engine.js'
import { CONTESTANT } from '../src/gate/builds.js'
import { SIDES, type Duel, type DuelDone, type Incomparable, type Side } from '../src/gate/duel.js'
import type { JobFailed } from '../src/harness/job.js'
import { firstLine } from '../src/harness/quote.js'
import { randomOf } from '../src/harness/random.js'
import { shuffled } from '../src/harness/shuffled.js'
import { median } from '../src/stats/quantile.js'
import type * as contestantFile from './contestant.js'
import { ThreadPins } from './pinThreads.js'
import { measureRounds } from './suites/measureRounds.js'
import { CONTESTANT_PROTOCOL, type Contestant, type ContestantRequest } from './contestantProtocol.js'

/** Entry of the process that is one observation of the gate; see src/gate/duel.ts. Sent one duel, it answers and waits to be killed. */

/** V8 has compiled what a round runs after some forty of them, however long these take on a busy machine. */
const LEAST_WARMUP_ROUNDS = 60
/**
 * The compiler works on the thread that it compiles for. By default it has threads of its own, which on a machine with
 * as many cores as workers take turns with these, so that every pass of the warm-up took a hundred times as long as one
 * that is warm, and what is compiled when differed from one build to the next. The compiled code is the same.
 */
const COMPILE_IN_PLACE = ['--no-concurrent-recompilation', '--no-concurrent-sparkplug']

for (const flag of COMPILE_IN_PLACE) setFlagsFromString(flag)
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(1))
process.on('message', (message: { type: 'job'; job: Duel }) => {
  void answer(message.job)
})

async function answer(duel: Duel): Promise<void> {
  const result = await observe(duel).catch((error: unknown): JobFailed => ({
    status: 'failed',
    message: error instanceof Error ? error.message : String(error),
    cpuStates: [],
    violations: [],
  }))
  process.send?.({ type: 'result', result })
}

async function observe(duel: Duel): Promise<DuelDone> {
  const random = randomOf(duel.seed, 0)
  const contestants = new Map<Side, Contestant>()
  const pins = new ThreadPins()
  // Whoever is loaded first finds V8's shared parts cold.
  for (const side of shuffled(SIDES, random)) {
    const found = await openIn(duel.roots[side], duel.request as ContestantRequest)
    if ('kind' in found) {
      if (side !== 'base') throw new Error(`${side}: ${found.reason}`)
      return incomparable(found)
    }
    contestants.set(side, found)
    pins.pinNew()
  }
  const works = new Set(SIDES.map((side) => contestants.get(side)?.work))
  if (works.size > 1)
    return incomparable({
      kind: 'other work',
      reason: 'the builds do other work: tapes, profile or parameters differ',
    })
  try {
    return await measure(contestants, duel, random)
  } catch (error) {
    if (!(error instanceof BaseFailed)) throw error
    // What head mends must not be held against it; what is broken in both is.
    await sideOf('head', contestants).warmUp()
    await sideOf('head', contestants).pass()
    return incomparable({ kind: 'other work', reason: error.message })
  }
}

class BaseFailed extends Error {}

function sideOf(side: Side, contestants: ReadonlyMap<Side, Contestant>): Contestant {
  const contestant = contestants.get(side)
  if (contestant === undefined) throw new Error(`${side} is not open`)
  return contestant
}

async function ofSide<T>(side: Side, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (side !== 'base') throw error
    throw new BaseFailed(`the base fails: ${firstLine(error)}`)
  }
}

async function openIn(root: string, request: ContestantRequest): Promise<Contestant | Incomparable> {
  const file = pathToFileURL(join(root, CONTESTANT)).href
  const { open, CONTESTANT_PROTOCOL: protocol } = (await import(file)) as typeof contestantFile
  if (protocol !== CONTESTANT_PROTOCOL)
    return { kind: 'other work', reason: `the base speaks protocol ${protocol}, head ${CONTESTANT_PROTOCOL}` }
  try {
    return await open(request)
  } catch (error) {
    // Of another build's class of that name, so instanceof would not do.
    if (!(error instanceof Error && error.name === 'UsageError')) throw error
    return { kind: 'new', reason: error.message.split('\n')[0] }
  }
}

function incomparable(reason: Incomparable): DuelDone {
  const ns = { base: NaN, head: NaN, again: NaN }
  return { status: 'done', incomparable: reason, ns, slower: NaN, control: NaN, rounds: 0 }
}

async function measure(
  contestants: ReadonlyMap<Side, Contestant>,
  { warmupMs, measuredMs }: Duel,
  random: (bound: number) => number,
): Promise<DuelDone> {
  setFlagsFromString(EAGER_BUDGET)
  const endMs = performance.now() + warmupMs
  for (let done = 0; done < LEAST_WARMUP_ROUNDS || performance.now() < endMs; done++)
    for (const [side, contestant] of shuffled([...contestants], random))
      await ofSide(side, () => contestant.warmUp())
  const sides = Array.from(contestants, ([name, contestant]) => ({
    name,
    isAsync: true,
    sample: async () => ({ ns: await ofSide(name, () => contestant.pass()), operations: 1 }),
  }))
  const samples = await measureRounds(sides, { warmupMs: 0, measuredMs, random })
  for (const contestant of contestants.values()) await contestant.close()
  const of = (side: Side): number[] => samples.get(side) ?? []
  const logRatio = (above: Side, below: Side): number =>
    median(of(above).map((ns, round) => Math.log(ns / of(below)[round]))) ?? NaN
  return {
    status: 'done',
    incomparable: null,
    ns: {
      base: median(of('base')) ?? NaN,
      head: median(of('head')) ?? NaN,
      again: median(of('again')) ?? NaN,
    },
    slower: logRatio('head', 'base'),
    control: logRatio('again', 'head'),
    rounds: of('base').length,
  }
}
