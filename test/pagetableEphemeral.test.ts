import { describe, expect, test } from 'vitest'
import { KIND_EPHEMERAL, SCOPE_CPU } from '../dist/src/contract/change.js'
import { VA_REUSE } from '../dist/src/contract/obligation.js'
import { FRAME_SHIFT, PRESENT, WRITABLE } from '../dist/src/contract/page.js'
import { DONE, REFUSED, SETTLED } from '../dist/src/contract/ticket.js'
import { firstPoolFrame, windowBase } from '../dist/src/machine/words.js'
import { BareMachine, USER_SPACE, type BareOptions, type Script } from './support/bareKernel.js'

/** Gets may have one page less: the last one is kept in reserve. */
const WINDOW = 8

function machineWith(script: Script = {}, options: BareOptions = {}) {
  const machine = new BareMachine(script, { windowPages: WINDOW, handleCount: 8, ...options })
  return { machine, cpu: machine.cpus[0], base: windowBase(0) }
}

const entryAt = (machine: BareMachine, page: number) =>
  machine.words[
    machine.tables.leafWord(machine.words[machine.placed.spaces.base + machine.placed.spaces.stride], page)
  ]

describe('a window deals out its pages in order', () => {
  test('and flushes nothing before its end, then asks for all that was put', () => {
    const { machine, cpu, base } = machineWith()
    expect(cpu.get(0, 3)).toBe(1)
    expect(machine.firstPage(0)).toBe(base)
    cpu.put(0)
    expect(cpu.get(1, 4)).toBe(1)
    expect(machine.firstPage(1)).toBe(base + 3)
    cpu.put(1)
    expect([machine.demands(), machine.passed]).toEqual([[], []])
    expect(cpu.get(2, 2)).toBe(1)
    expect(machine.firstPage(2)).toBe(base)
    // Seven pages were put, a change each; two addresses are used again.
    expect(machine.demands()).toEqual([
      {
        obligation: VA_REUSE,
        newOwner: USER_SPACE,
        mayFail: true,
        owners: Array<number>(7).fill(0),
        serials: [1, 2, 3, 4, 5, 6, 7],
        tags: Array<number>(7).fill(0),
        spaces: Array<number>(7).fill(USER_SPACE),
      },
    ])
    expect(machine.passed).toEqual(
      [0, 1].map((page) => ({
        obligation: VA_REUSE,
        owner: 0,
        space: USER_SPACE,
        page: base + page,
        frame: -1,
      })),
    )
  })

  test('begins again above the highest live allocation, and asks for nothing below it', () => {
    const { machine, cpu, base } = machineWith()
    cpu.get(0, 2)
    cpu.get(1, 1)
    cpu.get(2, 4)
    cpu.put(0)
    cpu.put(2)
    // Pages 0 and 1 are free as well, but lie below a live one: four are left, five are not.
    expect(cpu.get(3, 5)).toBe(0)
    expect(machine.demands()).toEqual([])
    expect(cpu.get(3, 3)).toBe(1)
    expect(machine.firstPage(3)).toBe(base + 3)
    expect(machine.demands().map(({ serials }) => serials)).toEqual([[3, 4, 5, 6]])
    expect(machine.counted.get('passedOver')).toBe(1)
  })

  test('four allocations are live at most', () => {
    const { machine, cpu } = machineWith()
    expect([0, 1, 2, 3, 4].map((handle) => cpu.get(handle, 1))).toEqual([1, 1, 1, 1, 0])
    cpu.put(1)
    expect(cpu.get(4, 1)).toBe(1)
    // The put of what was never mapped is passed over.
    cpu.put(5)
    expect(machine.counted.get('passedOver')).toBe(2)
  })

  test('each CPU and each space has its own', () => {
    const { machine } = machineWith({}, { cpuCount: 2, spaceCount: 3 })
    const [first, second] = machine.cpus
    first.get(0, 3)
    second.get(1, 3)
    expect([machine.firstPage(0), machine.firstPage(1)]).toEqual([windowBase(0), windowBase(1)])
    first.put(0)
    first.kernel.switchTo(2)
    first.run()
    first.get(2, 3)
    expect(machine.firstPage(2)).toBe(windowBase(0))
    // The page is gone in one table and there in the other.
    const roots = machine.placed.spaces
    const leaf = (space: number) =>
      machine.words[machine.tables.leafWord(machine.words[roots.base + space * roots.stride], windowBase(0))]
    expect([leaf(1) & PRESENT, leaf(2) & PRESENT]).toEqual([0, PRESENT])
  })

  test('maps neighbouring frames of the pool, for the kernel only', () => {
    const { machine, cpu, base } = machineWith()
    cpu.get(0, 2, 5)
    const frame = firstPoolFrame(machine.placed) + 5
    expect([entryAt(machine, base), entryAt(machine, base + 1)]).toEqual(
      [frame, frame + 1].map((each) => (each << FRAME_SHIFT) | PRESENT | WRITABLE),
    )
  })
})

describe('a put', () => {
  test('is a change that this CPU alone can hold, and owes the address only', () => {
    const { machine, cpu, base } = machineWith()
    cpu.get(0, 1)
    cpu.put(0)
    expect(machine.hooks()).toEqual(['changed', 'finished'])
    expect(machine.calls[0].change).toMatchObject({
      scope: SCOPE_CPU,
      kind: KIND_EPHEMERAL,
      space: USER_SPACE,
      firstPage: base,
      pageCount: 1,
      obligations: VA_REUSE,
    })
    expect(entryAt(machine, base) & PRESENT).toBe(0)
  })

  test('that was settled at once is not asked for again', () => {
    const { machine, cpu } = machineWith({ finished: () => SETTLED })
    for (let round = 0; round < 3; round++) {
      cpu.get(0, 7)
      cpu.put(0)
    }
    expect(machine.demands()).toEqual([])
  })

  test('in a batch is asked for before the batch ends, once', () => {
    const { machine, cpu } = machineWith()
    cpu.kernel.beginBatch()
    cpu.run()
    cpu.get(0, 7)
    cpu.put(0)
    expect(cpu.get(1, 1)).toBe(1)
    expect(machine.demands().map(({ serials }) => serials)).toEqual([[1, 2, 3, 4, 5, 6, 7]])
    cpu.put(1)
    cpu.kernel.endBatch()
    cpu.run()
    expect(machine.demands()).toHaveLength(1)
  })
})

describe('a get that would need a flush', () => {
  test('fails where the strategy refuses, and works when it does not any more', () => {
    const { machine, cpu, base } = machineWith({ demanded: () => REFUSED })
    cpu.get(0, 7)
    cpu.put(0)
    expect(cpu.get(1, 1)).toBe(0)
    expect(machine.counted.get('passedOver')).toBe(1)
    expect(machine.passed).toEqual([])
    machine.script.demanded = () => DONE
    expect(cpu.get(1, 1)).toBe(1)
    expect(machine.firstPage(1)).toBe(base)
  })

  test('asks in parts, where one demand does not take all', () => {
    const { machine, cpu } = machineWith({}, { windowPages: 201, maxOperationPages: 200 })
    cpu.get(0, 200)
    cpu.put(0)
    cpu.get(1, 1)
    expect(machine.demands().map(({ serials }) => serials.length)).toEqual([64, 64, 64, 8])
  })
})

test('the drain asks for what was put in every space', () => {
  const { machine, cpu } = machineWith({}, { spaceCount: 3 })
  cpu.get(0, 2)
  cpu.put(0)
  cpu.kernel.switchTo(2)
  cpu.run()
  cpu.get(0, 1)
  cpu.put(0)
  machine.script.demanded = (port, demand) => {
    for (let item = 0; item < demand.count; item++) port.settle(0, demand.serials[item])
    return DONE
  }
  cpu.kernel.drain()
  expect(cpu.run()).toBe(0)
  expect(machine.demands().map(({ serials, mayFail }) => [serials, mayFail])).toEqual([
    [[1, 2], false],
    [[3], false],
  ])
})
