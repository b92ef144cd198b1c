import { describe, expect, test } from 'vitest'
import type { TapeWriter, WorkloadPlan } from '../dist/src/contract/workload.js'
import { makeTapes } from '../dist/src/workloads/shared/tapeWriter.js'

const plain = { cpuCount: 2, initiators: 1, readers: 1, parameters: {}, random: () => 0 }

function made(write: (plan: WorkloadPlan) => void, options: Partial<typeof plain> = {}) {
  const module = { summary: '', source: '', op: '', parameters: {}, write }
  return makeTapes('probe', module, { ...plain, ...options })
}

/** Words of CPU 0's tape, whose workload has one handle, 0. */
function words(write: (tape: TapeWriter) => void): number[] {
  return [
    ...made((plan) => {
      plan.handle()
      write(plan.tape(0))
    }).tapes[0].instructions,
  ]
}

const MAP_8 = [1, 0, 8, 0]
const UNMAP = [2, 0, 0, 0]
const END = [0, 0, 0, 0]

/** Words written by hand from src/contract/tape.ts. */
const OF_A_MAPPING: [name: string, write: (tape: TapeWriter) => void, expected: number[]][] = [
  ['nothing but map and unmap', () => {}, []],
  ['protect to read-only', (tape) => tape.protect(0, 2, 3, false), [3, 0, 2, 3]],
  ['protect to writable', (tape) => tape.protect(0, 2, 3, true), [3 | (2 << 8), 0, 2, 3]],
  ['advise away', (tape) => tape.adviseAway(0, 7, 1), [4, 0, 7, 1]],
  ['read', (tape) => tape.read(0, 0, 8), [5, 0, 0, 8]],
  ['write', (tape) => tape.write(0, 1, 2), [5 | (1 << 8), 0, 1, 2]],
  ['readDirect', (tape) => tape.readDirect(100, 5), [6, 0, 100, 5]],
  ['pause', (tape) => tape.pause(0x7fffffff), [9, 0x7fffffff, 0, 0]],
  ['compute', (tape) => tape.compute(1), [10, 1, 0, 0]],
  ['idle', (tape) => tape.idle(7), [21, 7, 0, 0]],
  ['preempt', (tape) => tape.preempt(7), [26, 7, 0, 0]],
  ['tickless', (tape) => tape.tickless(true), [27, 1, 0, 0]],
  ['ticks again', (tape) => tape.tickless(false), [27, 0, 0, 0]],
  ['barrier', (tape) => tape.barrier(), [13, 0, 0, 0]],
  ['awaitReaders', (tape) => tape.awaitReaders(), [14, 0, 0, 0]],
  ['switch', (tape) => tape.switchTo(5), [17, 5, 0, 0]],
  ['teardown', (tape) => tape.tearDown(5), [28, 5, 0, 0]],
  ['tick', (tape) => tape.tick(), [18, 0, 0, 0]],
]

describe('the tape writer encodes', () => {
  test.each(OF_A_MAPPING)('%s', (_, write, expected) => {
    const tape = words((writer) => {
      writer.map(0, 8)
      write(writer)
      writer.unmap(0)
    })
    expect(tape).toEqual([...MAP_8, ...expected, ...UNMAP, ...END])
  })

  // Flags of an entry in bits 0 to 7 (writable is 2, executable 32), the kind above: 2 is guest memory.
  test.each([
    [{ writable: true }, 2],
    [{ executable: true }, 32],
    [{ writable: true, guest: true }, 2 | (2 << 8)],
    [{}, 0],
  ])('the flags and the kind of map with %j', (options, expected) => {
    expect(words((tape) => tape.map(0, 9, options))).toEqual([1, 0, 9, expected, ...END])
  })

  test('sections around what they contain', () => {
    const tape = words((writer) => {
      writer.body()
      writer.loop(3, () => writer.op(() => writer.batch(() => writer.compute(4))))
    })
    const expected = [
      [11, 3, 0, 0],
      [7, 0, 0, 0],
      [15, 0, 0, 0],
      [10, 4, 0, 0],
      [16, 0, 0, 0],
      [8, 0, 0, 0],
      [12, 0, 0, 0],
    ]
    expect(tape).toEqual([...expected.flat(), ...END])
  })
})

describe('a set of tapes', () => {
  test('has an innocent beside an initiator, and a bystander for whom nothing was written', () => {
    const set = made(
      (plan) => {
        plan.tape(0).body()
        const reader = plan.tape(2)
        reader.body()
        reader.compute(1)
      },
      { cpuCount: 4, initiators: 2, readers: 1 },
    )
    // 0 initiator, 1 innocent, 2 bystander: CPU 1 could initiate and CPU 3 is beyond the readers.
    expect(set.tapes.map((tape) => tape.role)).toEqual([0, 2, 1, 2])
    expect([...set.tapes[1].instructions]).toEqual(END)
    expect([...set.tapes[3].instructions]).toEqual(END)
  })

  test('says where the body begins', () => {
    const set = made((plan) => {
      const tape = plan.tape(0)
      const handle = plan.handle()
      tape.map(handle, 1)
      tape.read(handle, 0, 1)
      tape.body()
      tape.compute(1)
    })
    expect(set.tapes[0].bodyAt).toBe(8)
  })

  test('has an empty body where body() was never called', () => {
    const { tapes } = made((plan) => plan.tape(0).compute(1))
    expect([...tapes[0].instructions]).toEqual([10, 1, 0, 0, ...END])
    expect(tapes[0].bodyAt).toBe(4)
  })

  test('counts the ops of one pass, loops included', () => {
    const { tapes } = made((plan) => {
      const tape = plan.tape(0)
      const handle = plan.handle()
      tape.map(handle, 1)
      tape.body()
      const one = () => tape.op(() => tape.read(handle, 0, 1))
      one()
      tape.loop(5, () => {
        one()
        tape.loop(3, one)
      })
      one()
    })
    expect(tapes[0].opCount).toBe(1 + 5 * (1 + 3) + 1)
  })

  test.each<[string, number, (tape: TapeWriter) => void]>([
    ['accesses only', 1, (tape) => tape.read(0, 0, 40)],
    ['a change of a part', 12, (tape) => tape.adviseAway(0, 0, 12)],
    ['an unmap of all', 40, (tape) => tape.unmap(0)],
    ['the largest, not the sum', 30, (tape) => [30, 7].forEach((n) => tape.protect(0, 0, n, true))],
    [
      'the sum inside a batch, loops included',
      3 * 2 + 40,
      (tape) =>
        tape.loop(1, () =>
          tape.batch(() => {
            tape.loop(3, () => tape.adviseAway(0, 0, 2))
            tape.unmap(0)
          }),
        ),
    ],
    [
      'one batch after the other',
      9,
      (tape) => {
        tape.loop(10, () => tape.batch(() => tape.protect(0, 0, 9, false)))
        tape.batch(() => tape.protect(0, 0, 4, false))
      },
    ],
  ])('has %s as its largest operation', (_, pages, write) => {
    const set = made((plan) => {
      const tape = plan.tape(0)
      tape.map(plan.handle(), 40)
      write(tape)
    })
    expect(set.maxOperationPages).toBe(pages)
  })

  test('has at least one handle and two spaces, and more where they are used', () => {
    expect(made(() => {})).toMatchObject({ handleCount: 1, spaceCount: 2, maxOperationPages: 1 })
    const set = made((plan) => {
      for (let i = 0; i < 3; i++) plan.handle()
      plan.tape(0).switchTo(4)
    })
    expect(set).toMatchObject({ handleCount: 3, spaceCount: 5 })
  })

  test('gives a CPU one tape, however often it is asked for', () => {
    const { tapes } = made((plan) => {
      plan.tape(0).compute(1)
      plan.tape(0).compute(2)
    })
    expect([...tapes[0].instructions]).toEqual([10, 1, 0, 0, 10, 2, 0, 0, ...END])
  })
})
