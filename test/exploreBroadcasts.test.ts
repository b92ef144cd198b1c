import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GLOBAL_TAG, WHOLE_TAG } from '../dist/src/contract/hardware.js'
import type { Port } from '../dist/src/contract/port.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { DONE, type Ticket } from '../dist/src/contract/ticket.js'
import { Arena } from '../dist/src/engines/explore/arena.js'
import { Broadcasts } from '../dist/src/engines/explore/broadcasts.js'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { ExploreMachine } from '../dist/src/engines/explore/exploreMachine.js'
import { IN_HANDLER, MOST_BROADCASTS, TAGS } from '../dist/src/engines/explore/exploreWords.js'
import { HeldEntries } from '../dist/src/engines/explore/heldEntries.js'
import { Settle } from '../dist/src/engines/explore/settle.js'
import { ACT_DELIVER, actionOf, cpuOf, kindOf, paramOf } from '../dist/src/engines/explore/actions.js'
import { Transitions } from '../dist/src/engines/explore/transitions.js'
import { INTERRUPTS_OFF } from '../dist/src/pagetable/position.js'
import { LEVEL_DIRECTORY, LEVEL_LEAF } from '../dist/src/pagetable/passedEvent.js'
import { exploreFully, planOf, planted, shipped, verdictOf } from './support/explorePlan.js'
import { referenceSearch } from './support/exploreReference.js'

const CPUS = 3
/** Spaces 1 and 2 have two pages each and space 1 a leaf table; 700 is a page of the kernel. */
const PAGES = [
  { space: 1, page: 100, level: LEVEL_LEAF, directory: 0 },
  { space: 1, page: 101, level: LEVEL_LEAF, directory: 0 },
  { space: 2, page: 200, level: LEVEL_LEAF, directory: 0 },
  { space: 2, page: 201, level: LEVEL_LEAF, directory: 0 },
  { space: 0, page: 700, level: LEVEL_LEAF, directory: 0 },
  { space: 1, page: 1024, level: LEVEL_DIRECTORY, directory: 0 },
]

/** All CPUs hold everything; CPU 2 has the spaces under each other's tags. */
function machine() {
  const arena = new Arena(new Int32Array(512))
  const cpus = { base: 300, stride: 32 }
  const held = new HeldEntries(arena, { base: 200, stride: 32 }, PAGES)
  for (let cpu = 0; cpu < CPUS; cpu++) {
    for (const index of PAGES.keys()) held.fill(cpu, index, (5 << 12) | 1, 3)
    for (const space of [1, 2]) {
      arena.set(cpus.base + cpu * cpus.stride + TAGS + space, cpu === 2 ? 3 - space : space)
    }
  }
  arena.begin()
  const placed = { base: 0, stride: 64 }
  const parts = { arena, placed, cpus, held, cpuCount: CPUS, spaceCount: 3, isThere: true }
  const left = (cpu: number) =>
    PAGES.filter((_, index) => held.entry(cpu, index) !== 0).map(({ page }) => page)
  return { arena, broadcasts: new Broadcasts(parts), parts, left }
}

describe('a broadcast', () => {
  test.each<[string, number, number, number, number[], number[]]>([
    // What CPU 0 and CPU 2 have left: CPU 2 has space 2 under tag 1.
    ['a page', 1, 100, 1, [101, 200, 201, 700], [100, 101, 200, 201, 700, 1024]],
    ['a page of the other tag', 2, 200, 1, [100, 101, 201, 700, 1024], [100, 101, 200, 201, 700]],
    ['a tag', 1, 0, WHOLE_TAG, [200, 201, 700], [100, 101, 700, 1024]],
    ['a kernel page', GLOBAL_TAG, 700, 1, [100, 101, 200, 201, 1024], [100, 101, 200, 201, 1024]],
    ['a kernel page under a user tag', 1, 700, 1, [100, 101, 200, 201, 700], [100, 101, 200, 201, 700, 1024]],
    ['user pages under the global tag', GLOBAL_TAG, 100, 2, PAGES.map(({ page }) => page), []],
    ['everything', GLOBAL_TAG, 0, WHOLE_TAG, [], []],
    ['a tag that nobody has', 9, 0, WHOLE_TAG, PAGES.map(({ page }) => page), []],
  ])('of %s drops what is under the tag there', (what, tag, first, pages, onFirst, onThird) => {
    const { broadcasts, left } = machine()
    broadcasts.send(1, tag, first, pages, 1)
    broadcasts.deliver(0, MOST_BROADCASTS)
    broadcasts.deliver(2, MOST_BROADCASTS)
    expect(left(0)).toEqual(onFirst)
    // The sender is one of the targets, and has not dropped anything yet.
    expect(left(1)).toEqual(PAGES.map(({ page }) => page))
    expect(broadcasts.isDue(1, MOST_BROADCASTS)).toBe(true)
    if (what.startsWith('user') || what.endsWith('nobody has')) expect(left(2)).toEqual(onFirst)
    else expect(left(2)).toEqual(onThird)
  })

  test('takes every stride-th page', () => {
    const { broadcasts, left } = machine()
    broadcasts.send(0, 1, 99, 512 * 3, 2)
    broadcasts.deliver(0, 0)
    expect(left(0)).toEqual([100, 200, 201, 700])
  })

  /** Sends and deliveries in any order, beside a list of who has yet to get what. */
  const step = fc.oneof(
    fc.record({ sender: fc.nat({ max: CPUS - 1 }), tag: fc.nat({ max: 2 }) }),
    fc.record({ pick: fc.nat() }),
  )

  test('gets to each CPU once, in any order, and a sender waits for its own alone', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { arena, broadcasts, parts } = machine()
        const under: { sender: number; tag: number; targets: Set<number> }[] = []
        const numberOf = (one: (typeof under)[number]) =>
          one.sender * MOST_BROADCASTS + under.filter(({ sender }) => sender === one.sender).indexOf(one)
        const deliver = (one: (typeof under)[number], cpu: number) => {
          expect(broadcasts.describe(numberOf(one))).toContain(`CPU ${one.sender} has broadcast`)
          broadcasts.deliver(cpu, numberOf(one))
          one.targets.delete(cpu)
          if (one.targets.size === 0) under.splice(under.indexOf(one), 1)
        }
        const check = () => {
          for (let sender = 0; sender < CPUS; sender++) {
            const own = under.filter((one) => one.sender === sender)
            const count = own.reduce((sum, { targets }) => sum + targets.size, 0)
            expect(arena.words[broadcasts.undeliveredWord(sender)]).toBe(count)
          }
          for (let cpu = 0; cpu < CPUS; cpu++) {
            const due = Array.from({ length: broadcasts.most }, (_, number) => number).filter((number) =>
              broadcasts.isDue(cpu, number),
            )
            const expected = under.filter(({ targets }) => targets.has(cpu)).map(numberOf)
            expect(due).toEqual(expected.toSorted((a, b) => a - b))
          }
          expect(broadcasts.isQuiet).toBe(under.length === 0)
        }
        for (const each of steps) {
          if ('sender' in each) {
            const { sender, tag } = each
            if (under.filter((one) => one.sender === sender).length === MOST_BROADCASTS) continue
            broadcasts.send(sender, tag, 100, 1, 1)
            under.push({ sender, tag, targets: new Set(Array.from({ length: CPUS }, (_, cpu) => cpu)) })
          } else if (under.length > 0) {
            const one = under[each.pick % under.length]
            const targets = [...one.targets]
            deliver(one, targets[each.pick % targets.length])
          }
          check()
        }
        for (let cpu = 0; cpu < CPUS; cpu++) broadcasts.deliverAll(cpu)
        // Nothing of what has been delivered is left in the state.
        const end = parts.placed.base + CPUS * parts.placed.stride
        expect(arena.words.subarray(parts.placed.base, end).every((word) => word === 0)).toBe(true)
      }),
    )
  })

  test('is undone with everything else', () => {
    const { arena, broadcasts } = machine()
    broadcasts.send(0, 1, 100, 1, 1)
    const before = arena.words.slice()
    const { trailLength, hashLow, hashHigh } = arena
    broadcasts.send(0, 2, 200, 2, 1)
    for (let cpu = 0; cpu < CPUS; cpu++) broadcasts.deliver(cpu, 0)
    arena.undoTo(trailLength, hashLow, hashHigh)
    expect(arena.words).toEqual(before)
  })

  test('beyond what is kept, of no pages, or without a need that says so is an error', () => {
    const { broadcasts, parts } = machine()
    for (let i = 0; i < MOST_BROADCASTS; i++) broadcasts.send(1, 1, 100, 1, 1)
    expect(() => broadcasts.send(1, 1, 100, 1, 1)).toThrow(/CPU 1 has more than 4 broadcasts under way/)
    broadcasts.send(2, 1, 100, 1, 1)
    expect(() => broadcasts.send(0, 1, 100, 0, 1)).toThrow(/a broadcast of 0 pages/)
    expect(() => broadcasts.send(0, 1, 100, -2, 1)).toThrow(/a broadcast of -2 pages/)
    const none = new Broadcasts({ ...parts, isThere: false })
    expect(() => none.send(0, 1, 100, 1, 1)).toThrow(/does not say needs: \['broadcast'\]/)
    expect(none.most).toBe(0)
  })
})

/** A strategy for one thing that it does at the end of each operation. */
function atEnd(act: (cpu: Port) => Ticket, given: Partial<StrategyModule> = {}): StrategyModule {
  return {
    summary: 'a strategy of the tests',
    source: 'none',
    needs: ['broadcast'],
    parameters: {},
    contract: () => 'none',
    assumes: () => ({ timeless: true }),
    words: () => ({ word: { count: 1, stride: 16 } }),
    privateWords: () => ({}),
    create: () => ({
      changed: () => DONE,
      finished: act,
      demanded: (cpu, demand) => {
        for (let item = 0; item < demand.count; item++)
          cpu.settle(demand.owners[item], cpu.issued(demand.owners[item]))
        return DONE
      },
      resumed: () => DONE,
      interrupted: () => DONE,
      switched: (cpu, to) => {
        cpu.activate(to, to, true)
        return DONE
      },
    }),
    ...given,
  }
}

function prepared(module: StrategyModule, given: Partial<ExploreCase> = {}) {
  const explored = new ExploreMachine(planOf(module, given))
  const transitions = new Transitions(explored)
  const settle = new Settle(explored, transitions)
  settle.setUp()
  const actions = new Int32Array(transitions.mostActions)
  const enabled = () => [...actions.subarray(0, transitions.enabled(actions, 0))]
  const deliveries = () =>
    enabled()
      .filter((action) => kindOf(action) === ACT_DELIVER)
      .map((action) => [cpuOf(action), paramOf(action)])
  return { explored, transitions, settle, deliveries }
}

describe('in the machine', () => {
  const idle = atEnd(() => DONE)

  test('a CPU gets it in a handler, with interrupts off and in the middle of a hook', () => {
    const { explored, deliveries } = prepared(idle)
    const [first, second] = explored.cpus
    first.port.broadcast(1, 0, WHOLE_TAG, 1)
    const all = [
      [0, 0],
      [1, 0],
    ]
    expect(deliveries()).toEqual(all)
    explored.arena.set(second.state + IN_HANDLER, 1)
    expect(deliveries()).toEqual(all)
    explored.arena.set(second.state + IN_HANDLER, 0)
    second.p[INTERRUPTS_OFF] = 1
    expect(second.kernel.isUninterruptible).toBe(true)
    expect(deliveries()).toEqual(all)
  })

  test('several are there for each CPU to choose from', () => {
    const { explored, deliveries } = prepared(idle)
    const [first, second] = explored.cpus
    for (const page of [1, 2]) first.port.broadcast(1, page, 1, 1)
    second.port.broadcast(1, 3, 1, 1)
    const each = [0, 1, MOST_BROADCASTS]
    expect(deliveries()).toEqual([0, 1].flatMap((cpu) => each.map((number) => [cpu, number])))
  })

  test('no state is final while one is under way', () => {
    const { explored, transitions } = prepared(idle, { operationCount: 0 })
    expect(transitions.isFinal).toBe(true)
    explored.cpus[1].port.broadcast(1, 0, WHOLE_TAG, 1)
    expect(transitions.isFinal).toBe(false)
    for (const cpu of [0, 1]) transitions.apply(actionOf(cpu, ACT_DELIVER, MOST_BROADCASTS))
    expect(transitions.isFinal).toBe(true)
  })

  test('a sync waits for what its own CPU has broadcast, and is there at once without any', () => {
    const { explored, transitions } = prepared(idle)
    const [first, second] = explored.cpus
    second.port.broadcast(1, 0, WHOLE_TAG, 1)
    const isSatisfied = (ticket: Ticket) => explored.arena.words[ticket >> 3] === 0
    const [own, other] = [second.port.broadcastSync(), first.port.broadcastSync()]
    expect([isSatisfied(own), isSatisfied(other)]).toEqual([false, true])
    transitions.apply(actionOf(0, ACT_DELIVER, MOST_BROADCASTS))
    expect(isSatisfied(own)).toBe(false)
    transitions.apply(actionOf(1, ACT_DELIVER, MOST_BROADCASTS))
    expect(isSatisfied(own)).toBe(true)
  })

  test('a broadcast passes stores that wait in the buffer, and a sync does not', () => {
    const { explored } = prepared(idle, { hasStoreBuffer: true })
    const [cpu] = explored.cpus
    cpu.port.store(explored.cell.host.words['word'].base, 7)
    cpu.port.broadcast(1, 0, WHOLE_TAG, 1)
    expect(cpu.buffer.count).toBe(1)
    cpu.port.broadcastSync()
    expect(cpu.buffer.count).toBe(0)
  })

  test('without the need the machine has none, and says so', () => {
    const { explored } = prepared(atEnd(() => DONE, { needs: [] }))
    expect(() => explored.cpus[0].port.broadcastSync()).toThrow(/needs: \['broadcast'\]/)
  })

  test('a strategy that never syncs comes to its end all the same, or to a clear one', () => {
    const sends = atEnd((cpu) => {
      cpu.broadcast(1, 0, WHOLE_TAG, 1)
      return DONE
    })
    const given = { alphabet: ['batch'] as const, operationCount: 2 }
    expect(verdictOf(planOf(sends, given))).toBe('complete')
    const tooMany = { ...given, cpuCount: 1, operationCount: MOST_BROADCASTS + 1 }
    const { finding } = exploreFully(planOf(sends, tooMany))
    expect([finding?.invariant, finding?.message]).toEqual([
      'error',
      expect.stringContaining('CPU 0 has more than 4 broadcasts under way'),
    ])
  })
})

describe('the search', () => {
  const SMALL = { operationCount: 2 }
  const HOOKS = { preemption: 'hooks' } as const
  const SWITCH = { operationCount: 2, alphabet: ['advise', 'switch'] } as const
  const GIVEN: [string, Partial<ExploreCase>, Record<string, number>][] = [
    ['arm64-tlbi', SMALL, {}],
    ['arm64-tlbi', HOOKS, {}],
    ['arm64-tlbi', SWITCH, {}],
    ['arm64-tlbi', SWITCH, { tags: 1 }],
    ['arm64-tlbi', { ...SWITCH, ...HOOKS, operationCount: 1 }, {}],
    ['arm64-tlbi', { isGuest: true }, {}],
  ]

  test.each(GIVEN)('%s %j %j: late fills are enough', async (name, given, parameters) => {
    const module = await shipped(name)
    expect(verdictOf(planOf(module, given, parameters))).toBe('complete')
    expect(verdictOf(planOf(module, { ...given, fills: 'anytime' }, parameters))).toBe('complete')
  })

  /** Fills that are needed after a delivery, after a switch, under a tag that goes to another space. */
  test.each<[string, Partial<ExploreCase>, Record<string, number>]>([
    ['settles-before-sync', { operationCount: 1 }, {}],
    ['broadcast-before-write', { operationCount: 1 }, {}],
    ['syncs-elsewhere', { operationCount: 2, alphabet: ['batch', 'advise', 'touch'], frameCount: 2 }, {}],
    ['tag-reused-early', { operationCount: 1, alphabet: ['switch'] }, { tags: 1 }],
    ['broadcasts-user-tag-only', { isGuest: true, frameCount: 2 }, {}],
  ])('%s is found with late fills as with all', async (name, given, parameters) => {
    const { defect, default: module } = (await import(`../dist/src/testing/defects/${name}.js`)) as {
      defect: { expects: readonly string[] }
      default: StrategyModule
    }
    expect(defect.expects).toContain(verdictOf(planOf(module, given, parameters)))
    expect(defect.expects).toContain(verdictOf(planOf(module, { ...given, fills: 'anytime' }, parameters)))
  })

  test.each(GIVEN)('%s %j %j: a breadth-first search over whole copies sees the same', async (...row) => {
    const [name, given, parameters] = row
    // Two operations of each take it ten seconds.
    const plan = planOf(await shipped(name), { ...given, operationCount: 1 }, parameters)
    const reference = referenceSearch(plan)
    const { states, transitions, finding } = exploreFully(plan)
    expect({ states, transitions, finding }).toEqual({
      states: reference.states,
      transitions: reference.steps,
      finding: null,
    })
    expect([...reference.found.keys()]).toEqual([])
    expect(reference.withoutEnd).toBe(0)
  })

  test('the schedule to a defect is as short as one can be', async () => {
    const plan = planOf(await planted('broadcast-before-write'))
    const found = exploreFully(plan, true)
    expect(found.scheduleLength).toBe(Math.min(...referenceSearch(plan).found.values()))
    // Both CPUs drop the page before the entry is written.
    expect(found.schedule).toMatch(/0d0/)
    expect(found.schedule).toMatch(/1d0/)
  })
})
