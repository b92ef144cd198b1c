import { describe, expect, test } from 'vitest'
import { OPERATION_ADVISE_AWAY, OPERATION_PROTECT } from '../dist/src/contract/operation.js'
import { DONE } from '../dist/src/contract/ticket.js'
import { BareMachine, type BareOptions, type Script } from './support/bareKernel.js'

const WRITABLE = 2
const PENDING = 512
const SEEN = 1
const REVOKE = 2
const FRAME_REUSE = 64
const VA_REUSE = 128

/** A mapping of which the first pages are touched. */
function touched(pages: number, script: Script = {}, options: BareOptions = {}) {
  const machine = new BareMachine(script, options)
  const [cpu] = machine.cpus
  cpu.map(0, 66, WRITABLE)
  for (let page = 0; page < pages; page++) expect(cpu.fault(0, page)).toBe(1)
  machine.calls.length = 0
  machine.passed.length = 0
  return { machine, cpu }
}

const beginBatch = (machine: BareMachine) => {
  const [cpu] = machine.cpus
  cpu.kernel.beginBatch()
  cpu.run()
}

describe('the open changes of a CPU that waits for a demand', () => {
  test('are demanded with it', () => {
    const { machine, cpu } = touched(3, {}, { cpuCount: 2 })
    machine.cpus[1].change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    beginBatch(machine)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 1, 2)
    // The page that the other CPU has emptied is populated again, in the middle of the batch.
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.demands()).toMatchObject([
      { obligation: VA_REUSE, owners: [1, 0, 0], serials: [1, 1, 2], spaces: [1, 1, 1] },
    ])
  })

  test('are not demanded where there is nothing to wait for', () => {
    const { machine, cpu } = touched(2)
    beginBatch(machine)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(cpu.fault(0, 5)).toBe(1)
    expect(machine.demands()).toEqual([])
  })

  test('give a batch the frames that it has set free itself', () => {
    const sets = ['memory.frames=64', 'memory.listBatch=1']
    const { machine, cpu } = touched(64, {}, { sets, maxOperationPages: 66 })
    beginBatch(machine)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    expect(cpu.fault(0, 64)).toBe(1)
    expect(machine.demands()).toMatchObject([{ obligation: FRAME_REUSE, owners: [0, 0], serials: [1, 2] }])
    expect(cpu.fault(0, 65)).toBe(1)
    expect(machine.demands().length).toBe(1)
    cpu.kernel.endBatch()
    cpu.run()
    expect([machine.heldCount(0), machine.freeCount(0)]).toEqual([0, 0])
    expect(() => cpu.fault(0, 0)).toThrow('all 64 frames')
  })
})

describe('a demand that was answered', () => {
  test('at return is no evidence for the frame and the address, unless the strategy says so', () => {
    const { machine, cpu } = touched(1, {}, { contract: 'return' })
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(machine.demands()).toMatchObject([{ obligation: SEEN }])
    expect([machine.heldCount(0), machine.entry(0, 0)]).toEqual([1, PENDING])
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.demands().map(({ obligation }) => obligation)).toEqual([SEEN, VA_REUSE])

    const settles = touched(1, {}, { contract: 'return' })
    settles.machine.script.demanded = (port) => (port.settle(0, port.issued(0)), DONE)
    settles.cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect([settles.machine.heldCount(0), settles.machine.entry(0, 0)]).toEqual([0, 0])
  })

  test('for a permission is evidence for all that an entry owes in use', () => {
    const { machine, cpu } = touched(2, {}, { contract: 'return' })
    beginBatch(machine)
    cpu.change(OPERATION_PROTECT, 0, 0, 1)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    cpu.kernel.endBatch()
    cpu.run()
    expect(machine.demands()).toMatchObject([{ obligation: REVOKE, serials: [1, 2] }])
    expect([machine.heldCount(0), machine.entry(0, 1)]).toEqual([0, 0])
  })

  test('for a frame inside a batch leaves the address owed', () => {
    const sets = ['memory.frames=64', 'memory.listBatch=1']
    const { machine, cpu } = touched(64, {}, { sets, maxOperationPages: 66 })
    beginBatch(machine)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    expect(cpu.fault(0, 64)).toBe(1)
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.demands().map(({ obligation }) => obligation)).toEqual([FRAME_REUSE, VA_REUSE])
  })
})

describe('a held range', () => {
  test('waits for every change of its operation, whatever their order', () => {
    const covered = new Set<number>()
    const { machine, cpu } = touched(3, {
      changed: (_port, change) => ((change.tag = change.serial * 10), DONE),
      covered: (_port, _owner, _serial, tag) => covered.has(tag),
    })
    const first = machine.firstPage(0)
    cpu.unmap(0)
    for (const tag of [30, 20]) {
      covered.add(tag)
      expect(cpu.map(1, 66, WRITABLE)).not.toBe(first)
    }
    covered.add(10)
    expect(cpu.map(1, 66, WRITABLE)).toBe(first)
  })

  test('is demanded by all of them', () => {
    const { machine, cpu } = touched(3, {
      changed: (_port, change) => ((change.tag = Math.min(change.serial, 2)), DONE),
    })
    cpu.unmap(0)
    cpu.kernel.drain()
    expect(cpu.run()).toBe(0)
    const ranges = machine.demands().filter(({ obligation }) => obligation === VA_REUSE)
    // One for each run of changes with the same tag: its last.
    expect(ranges).toMatchObject([{ owners: [0, 0], serials: [1, 3], tags: [1, 2] }])
  })
})

test('contract none demands neither frames nor addresses, and their events pass', () => {
  const sets = ['memory.frames=64', 'memory.listBatch=1']
  const { machine, cpu } = touched(64, {}, { sets, contract: 'none', maxOperationPages: 66 })
  cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
  machine.passed.length = 0
  expect(cpu.fault(0, 0)).toBe(1)
  expect(machine.demands()).toEqual([])
  expect(machine.passed.map(({ obligation }) => obligation)).toEqual([FRAME_REUSE, VA_REUSE])
})
