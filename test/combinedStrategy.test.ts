import { describe, expect, test } from 'vitest'
import { KIND_DIRECT_MAP, KIND_NAMES, KIND_USER } from '../dist/src/contract/change.js'
import type { Port } from '../dist/src/contract/port.js'
import type { Strategy } from '../dist/src/contract/strategy.js'
import { AGAIN, DONE, SETTLED, type Ticket } from '../dist/src/contract/ticket.js'
import { COMBINATION_PRIVATES, CombinedStrategy } from '../dist/src/pagetable/combinedStrategy.js'
import { dropAsked, gatherPart } from '../dist/src/pagetable/demandParts.js'
import { emptyChange, emptyOperation } from '../dist/src/pagetable/hookArguments.js'
import type { Parts } from '../dist/src/pagetable/parts.js'

/** What the parts were called with, in order. */
const calls: string[] = []

/** A part that answers each hook with what is given, the rest with DONE. */
function part(name: string, answers: Partial<Record<keyof Strategy, Ticket[]>>): Strategy {
  const answer = (hook: keyof Strategy, what: string): Ticket => {
    calls.push(`${name} ${hook} ${what}`.trim())
    return answers[hook]?.shift() ?? DONE
  }
  return {
    began: (_cpu, { id, depth, crowded }) => answer('began', `${id} ${depth} ${crowded}`),
    changed: (_cpu, { serial }) => answer('changed', `${serial}`),
    finished: (_cpu, { id, depth, crowded }) => answer('finished', `${id} ${depth} ${crowded}`),
    demanded: (_cpu, { owners, count }) => answer('demanded', owners.slice(0, count).join(' ')),
    resumed: (_cpu, ticket) => answer('resumed', `${ticket}`),
    interrupted: () => answer('interrupted', '') as typeof DONE | typeof AGAIN,
    switched: (_cpu, to) => answer('switched', `${to}`),
    ticked: () => void calls.push(`${name} ticked`),
  }
}

const WAIT = (7 << 3) | 4
const ofKind = KIND_NAMES.map((_, kind) => (kind === KIND_DIRECT_MAP ? 0 : 1))

/** A new object for every hook, over the same private words: nothing else may be kept. */
function combined(first: Strategy, last: Strategy, hasTicks = [true, true]) {
  const privates = new Int32Array(COMBINATION_PRIVATES)
  const settled: string[] = []
  const port = {
    id: 2,
    get: (index: number) => privates[index],
    set: (index: number, value: number) => void (privates[index] = value),
    settle: (owner: number, serial: number) => void settled.push(`${owner} ${serial}`),
    issued: (owner: number) => owner * 100,
    activate: () => void settled.push('activate'),
  } as unknown as Port
  const anew = () => new CombinedStrategy([first, last], ofKind, hasTicks, 0)
  const change = (kind: number) => anew().changed(port, { ...emptyChange(), kind, serial: 5 })
  const operation = { ...emptyOperation(), id: 9, depth: 1, crowded: true }
  return { port, anew, change, operation, settled, privates }
}

function callsOf(act: () => void): string[] {
  calls.length = 0
  act()
  return [...calls]
}

describe('hooks of all parts', () => {
  test('go on with the next part when the ticket of one is satisfied, with the arguments as they were', () => {
    const { port, anew, operation } = combined(
      part('a', { finished: [WAIT], resumed: [AGAIN, DONE] }),
      part('b', {}),
    )
    expect(callsOf(() => expect(anew().finished(port, { ...operation })).toBe(WAIT))).toEqual([
      'a finished 9 1 true',
    ])
    expect(callsOf(() => expect(anew().resumed(port, WAIT)).toBe(AGAIN))).toEqual([`a resumed ${WAIT}`])
    expect(callsOf(() => expect(anew().resumed(port, AGAIN)).toBe(DONE))).toEqual([
      `a resumed ${AGAIN}`,
      'b finished 9 1 true',
    ])
  })

  test('of a switch: the fallback comes last, after the others have waited', () => {
    const { port, anew } = combined(part('a', { switched: [WAIT] }), part('b', { switched: [WAIT] }))
    expect(callsOf(() => expect(anew().switched(port, 3)).toBe(WAIT))).toEqual(['a switched 3'])
    expect(callsOf(() => expect(anew().resumed(port, WAIT)).toBe(WAIT))).toEqual([
      `a resumed ${WAIT}`,
      'b switched 3',
    ])
    expect(callsOf(() => expect(anew().resumed(port, WAIT)).toBe(DONE))).toEqual([`b resumed ${WAIT}`])
  })

  test('of an interrupt: all are asked, and one that says AGAIN holds the CPU', () => {
    const { port, anew } = combined(part('a', { interrupted: [AGAIN] }), part('b', {}))
    expect(callsOf(() => expect(anew().interrupted(port)).toBe(AGAIN))).toEqual([
      'a interrupted',
      'b interrupted',
    ])
    expect(anew().interrupted(port)).toBe(DONE)
  })

  test('of a tick: those that ask for ticks', () => {
    const { port, anew } = combined(part('a', {}), part('b', {}), [false, true])
    expect(callsOf(() => anew().ticked?.(port))).toEqual(['b ticked'])
  })

  test('that no part has are not there', () => {
    const { anew } = combined(part('a', {}), part('b', {}))
    expect(anew().changing).toBeUndefined()
    expect(anew().covered).toBeUndefined()
    expect(anew().woke).toBeUndefined()
    expect(anew().began).toBeDefined()
  })
})

describe('hooks of one part', () => {
  test('are for the kind that it handles, and its end is the end of the hook', () => {
    const { port, anew, change } = combined(
      part('a', { changed: [SETTLED] }),
      part('b', { changed: [WAIT], resumed: [SETTLED] }),
    )
    expect(callsOf(() => expect(change(KIND_DIRECT_MAP)).toBe(SETTLED))).toEqual(['a changed 5'])
    expect(callsOf(() => expect(change(KIND_USER)).toBe(WAIT))).toEqual(['b changed 5'])
    expect(callsOf(() => expect(anew().resumed(port, WAIT)).toBe(SETTLED))).toEqual([`b resumed ${WAIT}`])
  })

  test('of a demand: the owners that it sees are CPUs', () => {
    const { port, anew } = combined(part('a', {}), part('b', {}))
    const demand = {
      owners: Int32Array.of(1, 7, 0),
      count: 2,
    } as unknown as Parameters<Strategy['demanded']>[1]
    expect(callsOf(() => anew().demanded(port, demand))).toEqual(['b demanded 0 3'])
  })
})

describe('SETTLED from finished, which claims all changes of the operation', () => {
  const outcome = (first: Ticket, last: Ticket, kinds: number[]) => {
    const { port, anew, change } = combined(part('a', { finished: [first] }), part('b', { finished: [last] }))
    for (const kind of kinds) change(kind)
    return anew().finished(port, emptyOperation())
  }

  test('is the word of every part that has changed something, and of no other', () => {
    expect(outcome(SETTLED, DONE, [KIND_DIRECT_MAP])).toBe(SETTLED)
    expect(outcome(DONE, SETTLED, [KIND_USER])).toBe(SETTLED)
    expect(outcome(SETTLED, DONE, [KIND_USER])).toBe(DONE)
    expect(outcome(DONE, SETTLED, [KIND_USER, KIND_DIRECT_MAP])).toBe(DONE)
    expect(outcome(SETTLED, SETTLED, [KIND_USER, KIND_DIRECT_MAP])).toBe(SETTLED)
    expect(outcome(SETTLED, SETTLED, [])).toBe(DONE)
  })

  test('is forgotten with the outermost operation', () => {
    const { port, anew, change } = combined(
      part('a', { finished: [DONE, DONE, DONE] }),
      part('b', { finished: [SETTLED, SETTLED, SETTLED] }),
    )
    change(KIND_DIRECT_MAP)
    expect(anew().finished(port, { ...emptyOperation(), depth: 1 })).toBe(DONE)
    change(KIND_USER)
    // What the batch has changed in the direct map is still unsettled.
    expect(anew().finished(port, emptyOperation())).toBe(DONE)
    change(KIND_USER)
    expect(anew().finished(port, emptyOperation())).toBe(SETTLED)
  })
})

describe('a part', () => {
  test('settles and reads its own sequence of serials', () => {
    const seen: number[] = []
    const settles: Strategy = {
      ...part('b', {}),
      finished: (cpu) => {
        cpu.settle(3, 8)
        seen.push(cpu.issued(3), cpu.id)
        return DONE
      },
    }
    const { port, anew, settled } = combined(part('a', {}), settles)
    anew().finished(port, emptyOperation())
    // Two parts: the sequences of CPU 3 are 6 and 7.
    expect(settled).toEqual(['7 8'])
    expect(seen).toEqual([700, 2])
  })

  test('that is not the fallback loads no space', () => {
    const loads: Strategy = {
      ...part('a', {}),
      switched: (cpu, to) => {
        cpu.activate(to, 1, false)
        return DONE
      },
    }
    const { port, anew } = combined(loads, part('b', {}))
    expect(() => anew().switched(port, 1)).toThrow('fallback')
  })
})

describe('a demand for changes of several parts', () => {
  const parts = { count: 2 } as Parts
  const demandOf = (owners: number[]) => {
    const column = (times: number) => Int32Array.from(owners, (_, index) => index * times)
    return {
      owners: Int32Array.from(owners),
      serials: column(1),
      tags: column(10),
      spaces: column(100),
    } as unknown as Parameters<Strategy['demanded']>[1]
  }

  test('is put together part by part, each in its order', () => {
    const demand = demandOf([4, 3, 6, 1, 4, 5])
    expect(gatherPart(parts, demand, 6)).toBe(3)
    expect([...demand.owners]).toEqual([4, 6, 4, 3, 1, 5])
    expect([...demand.serials]).toEqual([0, 2, 4, 1, 3, 5])
    expect([...demand.spaces]).toEqual([0, 200, 400, 100, 300, 500])
    dropAsked(demand, 3, 3)
    expect(Array.from(demand.owners.subarray(0, 3))).toEqual([3, 1, 5])
    expect(Array.from(demand.tags.subarray(0, 3))).toEqual([10, 30, 50])
    expect(gatherPart(parts, demand, 3)).toBe(3)
  })
})
