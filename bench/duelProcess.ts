import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { EAGER_BUDGET } from '../src/engines/threads/engine.js'
import { CONTESTANT } from '../src/gate/builds.js'
import { SIDES, type Duel, type DuelDone, type Incomparable, type Side } from '../src/gate/duel.js'
import type { JobFailed } from '../src/harness/job.js'
import { randomOf } from '../src/harness/random.js'
import { shuffled } from '../src/harness/shuffled.js'
import { median } from '../src/stats/quantile.js'
import type * as contestantFile from './contestant.js'
import { CONTESTANT_PROTOCOL, type Contestant, type ContestantRequest } from './contest.js'

/** Entry of the process that is one observation of the gate; see src/gate/duel.ts. Sent one duel, it answers and waits to be killed. */

/** V8 has compiled what a round runs after some twenty of them, however long these take on a busy machine. */
const LEAST_WARMUP_ROUNDS = 25
/** Fewer rounds have no median worth the name. */
const LEAST_ROUNDS = 9

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
  // Whoever is loaded first finds V8's shared parts cold.
  for (const side of shuffled(SIDES, random)) {
    const found = await openIn(duel.roots[side], duel.request as ContestantRequest)
    if ('kind' in found) {
      if (side !== 'base') throw new Error(`${side}: ${found.reason}`)
      return incomparable(found)
    }
    contestants.set(side, found)
  }
  const works = new Set(SIDES.map((side) => contestants.get(side)?.work))
  if (works.size > 1)
    return incomparable({
      kind: 'other work',
      reason: 'the builds do other work: tapes, profile or parameters differ',
    })
  return measure(contestants, duel, random)
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

/**
 * Rounds in which every build has one pass, in a new random order: what comes over the machine meanwhile comes over all
 * of them. A loop of its own, because tinybench measures one task after the other.
 */
async function measure(
  contestants: ReadonlyMap<Side, Contestant>,
  { warmupMs, measuredMs }: Duel,
  random: (bound: number) => number,
): Promise<DuelDone> {
  const sides = [...contestants]
  setFlagsFromString(EAGER_BUDGET)
  await turns(warmupMs, LEAST_WARMUP_ROUNDS, async () => {
    for (const [, contestant] of shuffled(sides, random)) await contestant.warmUp()
  })
  const rounds: Record<Side, number>[] = []
  await turns(measuredMs, LEAST_ROUNDS, async () => {
    const round = { base: NaN, head: NaN, again: NaN }
    for (const [side, contestant] of shuffled(sides, random)) round[side] = await contestant.pass()
    rounds.push(round)
  })
  const over = (value: (round: Record<Side, number>) => number): number => median(rounds.map(value)) ?? NaN
  return {
    status: 'done',
    incomparable: null,
    ns: { base: over(({ base }) => base), head: over(({ head }) => head), again: over(({ again }) => again) },
    slower: over(({ base, head }) => Math.log(head / base)),
    control: over(({ head, again }) => Math.log(again / head)),
    rounds: rounds.length,
  }
}

async function turns(ms: number, least: number, turn: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + ms
  for (let done = 0; done < least || performance.now() < endMs; done++) await turn()
}
