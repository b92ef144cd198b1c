import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import { WORDS_PER_LINE, type StrategyModule } from '../dist/src/contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../dist/src/contract/ticket.js'
import { aheadOf } from '../dist/src/engines/explore/aheadOf.js'
import { Arena } from '../dist/src/engines/explore/arena.js'
import { Choices } from '../dist/src/engines/explore/choices.js'
import { replayText } from '../dist/src/engines/explore/engine.js'
import type { ExploreMachine } from '../dist/src/engines/explore/exploreMachine.js'
import type { Finding } from '../dist/src/engines/explore/exploreOracle.js'
import { Search } from '../dist/src/engines/explore/search.js'
import type { Settle } from '../dist/src/engines/explore/settle.js'
import { actionOf, paramOf } from '../dist/src/engines/explore/actions.js'
import type { Transitions } from '../dist/src/engines/explore/transitions.js'
import { Undecided } from '../dist/src/engines/explore/undecided.js'
import immediate, { Immediate } from '../dist/src/strategies/immediate.js'
import { exploreFully, fixture, planOf, planted, shipped, verdictOf } from './support/explorePlan.js'
import { referenceSearch } from './support/exploreReference.js'

const LIMITS = { stateCount: 1e6, milliseconds: 60_000, depth: 1000, nowMs: () => 0 }

/** A drawn graph in the place of a machine: a state is a node, an action one of its edges. */
interface Graph {
  /** By node: where its edges lead; -1: to where nobody knows. */
  readonly edges: readonly (readonly number[])[]
  readonly isFinal: readonly boolean[]
  /** The symmetry leaves something out. */
  readonly holdsBack: readonly boolean[]
}

function graphMachine({ edges, isFinal, holdsBack }: Graph, start = 0) {
  const arena = new Arena(Int32Array.of(start, 0))
  arena.begin()
  const choices = new Choices()
  const oracle = {
    finding: null as Finding | null,
    report: (invariant: string, cpu: number, page: number, message: string) =>
      (oracle.finding ??= { invariant, cpu, page, message }),
  }
  const node = () => arena.words[0]
  const cpu = { id: 0, state: 1, isInUserMode: false, place: 'somewhere', describe: () => 'CPU 0 somewhere' }
  const transitions = {
    mostActions: 8,
    get isFinal() {
      return isFinal[node()]
    },
    get holdsBack() {
      return holdsBack[node()]
    },
    enabled: (into: Int32Array, at: number) => {
      for (const index of edges[node()].keys()) into[at + index] = actionOf(0, 0, index)
      return edges[node()].length
    },
    apply: (action: number) => {
      const to = edges[node()][paramOf(action)]
      // What cannot be done leaves something behind, as a step does that runs out of memory.
      arena.set(0, to < 0 ? edges.length : to)
      return to >= 0
    },
  } as unknown as Transitions
  const machine = { arena, choices, oracle, cpus: [cpu] } as unknown as ExploreMachine
  return { machine, transitions, settle: { judgeEnd: () => {} } as unknown as Settle, node }
}

const searchOf = (graph: Graph, ...more: [] | [isInCircle: (low: number, high: number) => boolean]) => {
  const { machine, transitions, settle } = graphMachine(graph)
  return new Search(machine, transitions, settle, LIMITS, more.length > 0, ...more).run()
}

/** Backwards from the ends until nothing is added. */
function canEnd({ edges, isFinal, holdsBack }: Graph): boolean[] {
  const can = edges.map((to, node) => isFinal[node] || holdsBack[node] || to.includes(-1))
  for (let round = 0; round < edges.length; round++)
    for (const [node, to] of edges.entries()) can[node] ||= to.some((each) => can[each])
  return can
}

/** Steps to each node that can be reached. */
function distances({ edges }: Graph): Map<number, number> {
  const found = new Map([[0, 0]])
  for (const [node, steps] of found)
    for (const to of edges[node]) if (to >= 0 && !found.has(to)) found.set(to, steps + 1)
  return found
}

const reaches = ({ edges }: Graph, from: number): Set<number> => {
  const found = new Set([from])
  for (const node of found) for (const to of edges[node]) if (to >= 0) found.add(to)
  return found
}

const graphs = fc.integer({ min: 1, max: 12 }).chain((count) => {
  const nodes = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: count, maxLength: count })
  const rarely = fc.integer({ max: 9, min: 0 }).map((drawn) => drawn === 0)
  const to = fc.integer({ min: 0, max: 12 * count }).map((drawn) => (drawn === 0 ? -1 : drawn % count))
  return fc.record({
    edges: nodes(fc.array(to, { maxLength: 3 })),
    isFinal: nodes(rarely),
    holdsBack: nodes(rarely),
  })
})

describe('on drawn graphs', () => {
  test('something is found exactly where a state cannot reach an end, and it is a whole circle', () => {
    const seen = { circles: 0, stuck: 0, clean: 0 }
    fc.assert(
      fc.property(graphs, (graph) => {
        const can = canEnd(graph)
        const reached = distances(graph)
        const found = searchOf(graph)
        expect(found.finding !== null).toBe([...reached.keys()].some((node) => !can[node]))
        if (found.finding === null) {
          seen.clean++
          return
        }
        const { machine, transitions, node } = graphMachine(graph)
        const hashOf = new Map([[0, [0, 0]]])
        for (const { action } of found.schedule) transitions.apply(action)
        const entry = node()
        for (const each of reached.keys()) {
          machine.arena.set(0, each)
          hashOf.set(each, [machine.arena.hashLow, machine.arena.hashHigh])
        }
        // From each of its states all of them and no others can be reached.
        const circle = reaches(graph, entry)
        for (const each of circle) {
          expect(can[each]).toBe(false)
          expect(reaches(graph, each)).toEqual(circle)
        }
        if (circle.size === 1) {
          expect(found.isInCircle).toBeNull()
          expect(found.finding.message).toMatch(/^no CPU can get on/)
          seen.stuck++
          return
        }
        expect(found.finding.message).toContain(`round through ${circle.size} states`)
        for (const each of reached.keys()) {
          const [low, high] = hashOf.get(each)!
          expect(found.isInCircle!(low, high)).toBe(circle.has(each))
        }
        seen.circles++
        // The search for a shorter schedule ends in that circle or in a state without any way on.
        const stuck = [...reached.keys()].filter((each) => !can[each] && reaches(graph, each).size === 1)
        const shortest = Math.min(...[...circle, ...stuck].map((each) => reached.get(each)!))
        if (shortest > 0) expect(searchOf(graph, found.isInCircle!).schedule.length).toBe(shortest)
      }),
      { numRuns: 2000 },
    )
    // Each kind often enough for this to have meant something.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50)
  })

  test('a replayed schedule is judged by whether an end lies ahead', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const can = canEnd(graph)
        for (const start of graph.edges.keys()) {
          const { machine, transitions, node } = graphMachine(graph, start)
          const { ends, states } = aheadOf(machine, transitions)
          expect(ends).toBe(can[start] ? 'some' : 'none')
          if (!can[start]) expect(states).toBe(reaches(graph, start).size)
          expect(node()).toBe(start)
        }
      }),
    )
  })

  test('and not judged where too many states lie ahead', () => {
    // A counter that goes round, and never ends.
    const count = 50_010
    const graph = {
      edges: Array.from({ length: count }, (_, node) => [(node + 1) % count]),
      isFinal: [],
      holdsBack: [],
    }
    const { machine, transitions } = graphMachine(graph)
    expect(aheadOf(machine, transitions).ends).toBe('unknown')
  })
})

describe('the undecided states', () => {
  const lane = fc.oneof(fc.integer({ min: -1, max: 1 }), fc.integer())
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.tuple(lane, lane) },
    { weight: 1, arbitrary: fc.constant(null) },
  )

  test('are numbered, and let go all at once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const undecided = new Undecided()
        const model = new Map<string, number>()
        let last = 0
        for (const each of steps) {
          if (each === null) {
            undecided.release()
            model.clear()
          } else {
            const [low, high] = each
            const key = `${low},${high}`
            expect(undecided.numberOf(low, high)).toBe(model.get(key) ?? 0)
            if (!model.has(key)) {
              expect(undecided.add(low, high)).toBe(++last)
              model.set(key, last)
            }
          }
          expect([undecided.isEmpty, undecided.last]).toEqual([model.size === 0, last])
          if (last > 0) expect(undecided.has(last)).toBe(model.size > 0)
        }
      }),
    )
  })

  test('stay when there are many', () => {
    const undecided = new Undecided()
    const hash = (i: number): [number, number] => [Math.imul(i, 7), i >> 3]
    for (let i = 0; i < 10; i++) undecided.add(...hash(i))
    undecided.release()
    for (let i = 10; i < 50_000; i++) undecided.add(...hash(i))
    const numbers = Array.from({ length: 50_000 }, (_, i) => undecided.numberOf(...hash(i)))
    expect(numbers).toEqual(Array.from({ length: 50_000 }, (_, i) => (i < 10 ? 0 : i + 1)))
  })
})

/** Each CPU shows that it is about to send, and lets the other one go first. */
function polite(lowers: boolean): StrategyModule {
  return {
    ...immediate,
    words: (shape) => ({ ...immediate.words(shape), flag: { count: 2, stride: WORDS_PER_LINE } }),
    privateWords: (shape) => ({
      ...immediate.privateWords(shape),
      hasTried: 1,
      isWaiting: 1,
      space: 1,
      page: 1,
    }),
    create: (host) => {
      const { flag } = host.words
      const { hasTried, isWaiting, space, page } = host.privates
      const flagOf = (cpu: number) => flag.base + cpu * flag.stride
      class Polite extends Immediate {
        protected override startRound(cpu: Port, changed: number, firstPage: number): Ticket {
          cpu.set(isWaiting, 1)
          cpu.set(space, changed)
          cpu.set(page, firstPage)
          return this.tryTo(cpu)
        }

        tryTo(cpu: Port): Ticket {
          cpu.set(hasTried, 1 - cpu.get(hasTried))
          if (lowers && cpu.get(hasTried) === 0) {
            cpu.store(flagOf(cpu.id), 0)
            return AGAIN
          }
          cpu.store(flagOf(cpu.id), 1)
          if (cpu.load(flagOf(1 - cpu.id)) !== 0) return AGAIN
          cpu.set(isWaiting, 0)
          return super.startRound(cpu, cpu.get(space), cpu.get(page), 1, 1)
        }

        override resumed(cpu: Port): Ticket {
          return cpu.get(isWaiting) === 0 ? super.resumed(cpu) : this.tryTo(cpu)
        }

        protected override flushed(cpu: Port): Ticket {
          cpu.store(flagOf(cpu.id), 0)
          return super.flushed(cpu)
        }
      }
      return new Polite(host)
    },
  }
}

/**
 * CPU 0 counts 0, 1, 2 round and round until CPU 1 has gone on, which it can only at 0: from 1 the
 * search comes back to 2 before it has met an end anywhere.
 */
const leftAtZero: StrategyModule = {
  ...immediate,
  assumes: () => ({ timeless: false }),
  words: () => ({
    count: { count: 1, stride: 1 },
    hasGone: { count: 1, stride: 1 },
    calls: { count: 1, stride: 1 },
  }),
  privateWords: () => ({}),
  create: ({ words }) => ({
    changed: () => DONE,
    finished: () => DONE,
    demanded: () => DONE,
    interrupted: () => DONE,
    resumed: (cpu) => {
      const [count, hasGone] = [words['count'].base, words['hasGone'].base]
      if (cpu.id === 1) cpu.store(hasGone, 1)
      if (cpu.load(hasGone) === 1) return DONE
      cpu.store(count, (cpu.load(count) + 1) % 3)
      return AGAIN
    },
    switched: (cpu, to) => {
      cpu.activate(to, 1, false)
      // Two switches set the case up.
      if (cpu.add(words['calls'].base, 1) < 2) return DONE
      return cpu.id === 1 ? cpu.zero(words['count'].base) : AGAIN
    },
  }),
}

const POLITE = { pageCount: 2, frameCount: 2, preemption: 'hooks', alphabet: ['advise'] } as const

describe('CPUs that go round', () => {
  test('for ever are found, and the printed schedule leads there again', () => {
    const plan = planOf(polite(false), POLITE)
    const found = exploreFully(plan, true)
    expect(found.finding).toMatchObject({ invariant: 'I8' })
    expect(found.finding!.message).toMatch(/^CPU 0 and CPU 1 go round through \d+ states, from which no end/)
    // The path to a circle is the shortest to that one; there may be a nearer one.
    expect(found.isShortest).toBe(false)
    expect(replayText(plan, found.schedule)).toMatchObject({ finding: found.finding, remark: '' })
    // Both flags are up after two entries, two stores and two loads; a step before, a way out is left.
    const all = referenceSearch(plan)
    expect(all.withoutEnd).toBeGreaterThan(1)
    expect(found.scheduleLength).toBeGreaterThanOrEqual(all.firstWithoutEnd)
    const cut = found.schedule.split('.').slice(0, 1).join('.')
    expect(replayText(plan, cut)).toMatchObject({ finding: null, remark: '' })
  })

  test('for too long to be followed are found by the search, and a replay says that it does not know', () => {
    class Counts extends Immediate {
      override changed(): Ticket {
        return AGAIN
      }

      override resumed(cpu: Port): Ticket {
        cpu.set(this.serial, (cpu.get(this.serial) + 1) % 55_000)
        return AGAIN
      }
    }
    const plan = planOf({ ...immediate, create: (host) => new Counts(host) }, { ...POLITE, cpuCount: 1 })
    const found = exploreFully(plan)
    expect(found.finding!.message).toMatch(/^CPU 0 goes round through more than 50,000 states/)
    const replayed = replayText(plan, found.schedule)
    expect(replayed.finding).toBeNull()
    expect(replayed.remark).toMatch(/^not judged: .* 50,000 states/)
  })

  test('a CPU that the symmetry holds back may still open the way', () => {
    // Who is interrupted first after a switch stays in its handler until another CPU switches as well.
    const module: StrategyModule = {
      ...immediate,
      assumes: () => ({ timeless: false, symmetric: true }),
      words: () => ({ count: { count: 1, stride: 1 }, waiting: { count: 1, stride: 1 } }),
      privateWords: () => ({}),
      create: ({ words }) => ({
        changed: () => DONE,
        finished: () => DONE,
        demanded: () => DONE,
        resumed: () => DONE,
        interrupted: (cpu) => {
          if (cpu.load(words['count'].base) > 4) return DONE
          const before = cpu.compareExchange(words['waiting'].base, 0, cpu.id + 1)
          return before === 0 || before === cpu.id + 1 ? AGAIN : DONE
        },
        switched: (cpu, to) => {
          cpu.activate(to, 1, false)
          // Three switches set the case up.
          if (cpu.add(words['count'].base, 1) !== 3) return DONE
          for (let other = 0; other < 3; other++) if (other !== cpu.id) cpu.interruptOne(other)
          return DONE
        },
      }),
    }
    const given = { cpuCount: 3, alphabet: ['switch'] } as const
    expect(verdictOf(planOf(module, given))).toBe('complete')
    expect(verdictOf(planOf(module, { ...given, usesSymmetry: true }))).toBe('complete')
  })

  test('until the other one gives way are not', () => {
    const plan = planOf(polite(true), POLITE)
    expect(verdictOf(plan)).toBe('complete')
    expect(referenceSearch(plan)).toMatchObject({ withoutEnd: 0, hasCircle: true })
  })

  test('until another one gets on where the search has not been yet are not', () => {
    const plan = planOf(leftAtZero, { alphabet: ['switch'] })
    expect(verdictOf(plan)).toBe('complete')
    expect(referenceSearch(plan)).toMatchObject({ withoutEnd: 0, hasCircle: true })
  })
})

describe('the verdict is that of a backward search from all ends', () => {
  const QUEUES = { pageCount: 2, frameCount: 2, alphabet: ['advise'] } as const
  test.each<[string, () => Promise<StrategyModule>, Parameters<typeof planOf>[1], object]>([
    ['immediate', () => shipped('immediate'), { operationCount: 2, preemption: 'hooks' }, {}],
    ['batched', () => shipped('batched'), { operationCount: 2 }, {}],
    ['lazy', () => shipped('lazy'), { tickCount: 1, operationCount: 2 }, { ring: 1 }],
    ['opensbi-fifo', () => shipped('opensbi-fifo'), { ...QUEUES, operationCount: 2 }, { slots: 1 }],
    ['linux', () => shipped('linux'), { operationCount: 2 }, {}],
    ['stuck 0', () => fixture('stuck'), {}, { mode: 0 }],
    ['stuck 1', () => fixture('stuck'), {}, { mode: 1 }],
    ['stuck 2', () => fixture('stuck'), {}, { mode: 2 }],
    ['waits-in-handler', () => planted('waits-in-handler'), QUEUES, {}],
    ['circle', () => Promise.resolve(polite(false)), POLITE, {}],
    ['circle that is left', () => Promise.resolve(polite(true)), POLITE, {}],
  ])('%s', async (_name, load, given, parameters) => {
    const plan = planOf(await load(), given, parameters as Record<string, number>)
    const { withoutEnd, found } = referenceSearch(plan)
    expect([...found]).toEqual([])
    expect(verdictOf(plan)).toBe(withoutEnd > 0 ? 'I8' : 'complete')
  })
})
