import { describe, expect, test } from 'vitest'
import { OPERATION_ADVISE_AWAY, OPERATION_PROTECT } from '../dist/src/contract/operation.js'
import { DONE, REFUSED, SETTLED } from '../dist/src/contract/ticket.js'
import { RETRY, WAITING } from '../dist/src/pagetable/routine.js'
import { BareMachine, type BareOptions, type Script, USER_SPACE } from './support/bareKernel.js'

const PRESENT = 1
const WRITABLE = 2
// Software bits of an entry: bits 8 to 10.
const BUSY = 256
const PENDING = 512

const SEEN = 1
const REVOKE = 2
const FRAME_REUSE = 64
const VA_REUSE = 128
const RELAXED = 512
const CALL = 1

/** A mapping of some pages, each of them touched. */
function machineWith(pages: number, script: Script = {}, options: BareOptions = {}) {
  const machine = new BareMachine(script, options)
  const [cpu] = machine.cpus
  cpu.map(0, pages, WRITABLE)
  for (let page = 0; page < pages; page++) expect(cpu.fault(0, page)).toBe(1)
  machine.calls.length = 0
  machine.passed.length = 0
  return { machine, cpu }
}

const frameOf = (entry: number) => entry >>> 12

describe('an operation', () => {
  test('calls began, per entry changing and changed, then finished, then demanded, and returns', () => {
    const every: Script = { began: () => DONE, changing: () => DONE }
    const { machine, cpu } = machineWith(2, every, { contract: 'return' })
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    expect(machine.hooks()).toEqual([
      'began',
      'changing',
      'changed',
      'changing',
      'changed',
      'finished',
      'demanded',
    ])
    const [began] = machine.calls
    const finished = machine.calls.find(({ hook }) => hook === 'finished')
    const expected = {
      depth: 0,
      level: CALL,
      kind: OPERATION_ADVISE_AWAY,
      space: USER_SPACE,
      firstPage: machine.firstPage(0),
      pageCount: 2,
      wholeSpace: false,
    }
    expect(began.operation).toMatchObject(expected)
    expect(finished?.operation).toMatchObject(expected)
    expect(finished?.operation?.id).toBe(began.operation?.id)
  })

  test('tells of each change what it was, with a serial of its own', () => {
    const { machine, cpu } = machineWith(3, { changing: () => DONE }, { serialStart: 0x7ffffffe })
    cpu.change(OPERATION_ADVISE_AWAY, 0, 1, 2)
    const changes = machine.calls.filter(({ hook }) => hook === 'changed').map(({ change }) => change)
    const common = {
      space: USER_SPACE,
      scope: 1,
      pageCount: 1,
      levels: 1,
      kind: 0,
      tablesFreed: false,
      obligations: SEEN | FRAME_REUSE | VA_REUSE,
    }
    const first = machine.firstPage(0)
    expect(changes).toMatchObject([
      { ...common, firstPage: first + 1, serial: 0x7fffffff },
      // The counter wraps.
      { ...common, firstPage: first + 2, serial: -0x80000000 },
    ])
    for (const change of changes) {
      expect(change!.oldFlags & (PRESENT | WRITABLE)).toBe(PRESENT | WRITABLE)
      expect(change!.newFlags & PRESENT).toBe(0)
    }
    const before = machine.calls.filter(({ hook }) => hook === 'changing').map(({ change }) => change?.serial)
    expect(before).toEqual([0, 0])
  })

  test('keeps THE INVARIANT: entry written, serial issued, changed returned, then held', () => {
    const order: string[] = []
    const { machine, cpu } = machineWith(1, { began: () => DONE, changing: () => DONE })
    const entry = machine.entryWord(0, 0)
    const frame = frameOf(machine.entry(0, 0))
    const issued = machine.issuedWord(0)
    const held = machine.heldList(0)
    machine.script.changing = () => {
      order.push('changing')
      return DONE
    }
    machine.script.changed = (_cpu, change) => {
      order.push('changed')
      expect(machine.issued(0)).toBe(change.serial)
      expect(machine.entry(0, 0) & PRESENT).toBe(0)
      return DONE
    }
    machine.memory.onWrite = (word, before, after) => {
      if (word === entry && (before & PRESENT) !== 0 && (after & PRESENT) === 0) order.push('entry written')
      if (word === issued) order.push('serial issued')
      if (word > held && word < held + 4 && after === frame) order.push('held')
    }
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    // The list has a first and a last frame, which are both this one.
    expect(order).toEqual(['changing', 'entry written', 'serial issued', 'changed', 'held', 'held'])
    expect(machine.frames.heldSerial(frame)).toBe(machine.issued(0))
  })

  test('waits for the ticket of changed, and publishes nothing before', () => {
    const { machine, cpu } = machineWith(1, { changed: (port) => port.zero(machine.waitWord) })
    machine.words[machine.waitWord] = 1
    cpu.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 1, 0)
    cpu.stepUntil(() => cpu.kernel.ticket !== DONE)
    expect(cpu.kernel.step()).toBe(WAITING)
    expect(machine.heldCount(0)).toBe(0)
    expect(machine.hooks()).toEqual(['changed'])
    cpu.kernel.resume()
    cpu.run()
    expect(machine.hooks()).toEqual(['changed', 'resumed', 'finished'])
    expect(machine.heldCount(0)).toBe(1)
  })

  test('keeps the tag of the strategy with what it held, and gives it back', () => {
    const script: Script = {
      changed: (_cpu, change) => {
        change.tag = change.firstPage * 7
        return DONE
      },
    }
    const { machine, cpu } = machineWith(2, script, { contract: 'return' })
    const frames = [0, 1].map((page) => frameOf(machine.entry(0, page)))
    const tags = [0, 1].map((page) => (machine.firstPage(0) + page) * 7)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    expect(machine.demands()).toMatchObject([
      { obligation: SEEN, owners: [0, 0], tags, serials: [1, 2], spaces: [USER_SPACE, USER_SPACE] },
    ])
    expect(frames.map((frame) => machine.frames.heldTag(frame))).toEqual(tags)
  })

  test('finds a busy entry: says RETRY and leaves no trace', () => {
    const { machine, cpu } = machineWith(2)
    const word = machine.entryWord(0, 1)
    for (const start of [
      () => cpu.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 2, 0),
      () => cpu.startFault(0, 1, true),
    ]) {
      machine.words[word] |= BUSY
      start()
      // The first step that says RETRY may have come to the lock on its way.
      for (let outcome = cpu.kernel.step(); outcome !== RETRY;) outcome = cpu.kernel.step()
      const [words, position] = [machine.words.slice(), cpu.context.p.slice()]
      const calls = machine.calls.length
      for (let again = 0; again < 3; again++) expect(cpu.kernel.step()).toBe(RETRY)
      expect(Buffer.from(machine.words.buffer).equals(Buffer.from(words.buffer))).toBe(true)
      expect(cpu.context.p).toEqual(position)
      expect(machine.calls.length).toBe(calls)
      machine.words[word] &= ~BUSY
      cpu.run()
      machine.words[word] |= PRESENT
    }
  })

  test('sees a bit that the walker set meanwhile, and frees the same frame', () => {
    const { machine, cpu } = machineWith(1)
    const word = machine.entryWord(0, 0)
    const frame = frameOf(machine.entry(0, 0))
    let races = 0
    machine.memory.beforeCompareExchange = (at) => {
      if (at === word && races++ === 0) machine.words[word] |= 16
    }
    cpu.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 1, 0)
    cpu.stepUntil(() => cpu.kernel.isIdle)
    expect(races).toBe(2)
    expect(machine.frames.heldSerial(frame)).toBe(1)
    // Dirty: what changed is told as it was last.
    expect(machine.calls[0].change!.oldFlags & 16).toBe(16)
  })
})

describe('a change that changed calls SETTLED', () => {
  test('gives the entry and the frame back at once', () => {
    const { machine, cpu } = machineWith(2, { changed: () => SETTLED })
    const first = frameOf(machine.entry(0, 0))
    cpu.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 2, 0)
    cpu.stepUntil(() => machine.calls.length === 2)
    // The second entry is written: of the first, nothing is left to do.
    expect(machine.entry(0, 0)).toBe(0)
    expect(machine.frames.owner(first)).toBe(-1)
    cpu.run()
    expect(machine.heldCount(0)).toBe(0)
    expect(machine.exposures).toEqual([{ serial: 2, isSettled: true }])
    expect(machine.demands()).toEqual([])
  })

  test('needs no demand of what it owes at return, its neighbour that is not settled does', () => {
    const settledFirst: Script = { changed: (_cpu, change) => (change.serial === 1 ? SETTLED : DONE) }
    const { machine, cpu } = machineWith(2, settledFirst, { contract: 'return' })
    cpu.change(OPERATION_PROTECT, 0, 0, 2)
    expect(machine.demands()).toMatchObject([{ obligation: REVOKE, serials: [2] }])
  })
})

describe('a change that is not settled', () => {
  test('holds the frame, and marks an entry whose address stays in use', () => {
    const { machine, cpu } = machineWith(2)
    const frame = frameOf(machine.entry(0, 0))
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(machine.entry(0, 0)).toBe(PENDING)
    expect(machine.heldCount(0)).toBe(1)
    expect(machine.frames.owner(frame)).toBe(-2)
    expect(machine.exposures).toEqual([{ serial: 1, isSettled: false }])
    const word = machine.entryWord(0, 1)
    cpu.unmap(0)
    // The whole range is held instead: nobody populates it.
    expect(machine.words[word]).toBe(0)
    expect(machine.heldCount(0)).toBe(2)
  })

  test('is demanded at return as far as the contract says', () => {
    const due = (contract: 'return' | 'bounded' | 'reuse' | 'none', operation: number) => {
      const { machine, cpu } = machineWith(1, {}, { contract })
      cpu.change(operation, 0, 0, 1)
      return machine.demands().map(({ obligation }) => obligation)
    }
    expect(due('return', OPERATION_ADVISE_AWAY)).toEqual([SEEN])
    expect(due('return', OPERATION_PROTECT)).toEqual([REVOKE])
    expect(due('bounded', OPERATION_ADVISE_AWAY)).toEqual([])
    expect(due('bounded', OPERATION_PROTECT)).toEqual([REVOKE])
    expect(due('reuse', OPERATION_ADVISE_AWAY)).toEqual([])
    expect(due('reuse', OPERATION_PROTECT)).toEqual([REVOKE])
    expect(due('none', OPERATION_ADVISE_AWAY)).toEqual([])
    expect(due('none', OPERATION_PROTECT)).toEqual([])
  })

  test('passes its event at return where the contract has it then', () => {
    const passed = (contract: 'return' | 'bounded' | 'reuse' | 'none', operation: number) => {
      const { machine, cpu } = machineWith(1, {}, { contract })
      cpu.change(operation, 0, 0, 1)
      return machine.passed.map(({ obligation }) => obligation)
    }
    expect(passed('return', OPERATION_ADVISE_AWAY)).toEqual([SEEN])
    // Within the deadline, or never: the return of the operation breaks no promise.
    expect(passed('bounded', OPERATION_ADVISE_AWAY)).toEqual([])
    expect(passed('reuse', OPERATION_ADVISE_AWAY)).toEqual([])
    // Waived and counted.
    expect(passed('none', OPERATION_ADVISE_AWAY)).toEqual([SEEN])
    for (const contract of ['return', 'bounded', 'reuse', 'none'] as const)
      expect(passed(contract, OPERATION_PROTECT)).toEqual([REVOKE])
  })

  test('is not demanded once it is covered, by the watermark or by the predicate', () => {
    const settles: Script = {
      finished: (port) => {
        port.settle(port.id, port.issued(port.id))
        return DONE
      },
    }
    const watermark = machineWith(1, settles, { contract: 'return' })
    watermark.cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(watermark.machine.demands()).toEqual([])
    expect(watermark.machine.heldCount(0)).toBe(0)

    const asked: number[] = []
    const predicate = machineWith(
      1,
      { covered: (_cpu, _owner, _serial, _tag, _space, obligations) => (asked.push(obligations), true) },
      { contract: 'return' },
    )
    predicate.cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(predicate.machine.demands()).toEqual([])
    expect(asked).toEqual([SEEN | FRAME_REUSE | VA_REUSE])
  })

  test('of a permission that is given needs nothing', () => {
    const { machine, cpu } = machineWith(1, {}, { contract: 'return' })
    cpu.change(OPERATION_PROTECT, 0, 0, 1)
    machine.calls.length = 0
    cpu.change(OPERATION_PROTECT, 0, 0, 1, WRITABLE)
    expect(machine.calls.map(({ change }) => change?.obligations)).toEqual([RELAXED, undefined])
    expect(machine.demands()).toEqual([])
    expect(machine.entry(0, 0) & (PRESENT | WRITABLE | BUSY | PENDING)).toBe(PRESENT | WRITABLE)
  })

  test('of SETTLED from finished: all are free', () => {
    const { machine, cpu } = machineWith(3, { finished: () => SETTLED }, { contract: 'return' })
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 3)
    expect(machine.demands()).toEqual([])
    expect(machine.heldCount(0)).toBe(0)
    expect([0, 1, 2].map((page) => machine.entry(0, page))).toEqual([0, 0, 0])
  })
})

describe('an operation that finds what another CPU has emptied', () => {
  test('demands the change of the other one before it returns', () => {
    const { machine } = machineWith(2, {}, { cpuCount: 2, serialStart: 40 })
    const [first, second] = machine.cpus
    first.change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    expect(machine.demands()).toEqual([])
    second.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    // Its own change is lazy under this contract; the one that it relies on is not its own.
    expect(machine.demands()).toMatchObject([{ obligation: VA_REUSE, owners: [0], serials: [41] }])
    expect(machine.exposures.length).toBe(2)
  })

  test('names the obligation of now, not one of an operation before', () => {
    const { machine } = machineWith(2, { finished: () => SETTLED }, { cpuCount: 2 })
    const [first, second] = machine.cpus
    second.change(OPERATION_PROTECT, 0, 0, 1)
    machine.script.finished = () => DONE
    first.change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    second.change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    expect(machine.demands()).toMatchObject([{ obligation: VA_REUSE, owners: [0] }])
  })

  test('demands nothing if it is covered by now', () => {
    const { machine } = machineWith(1, {}, { cpuCount: 2 })
    const [first, second] = machine.cpus
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    machine.settle(0, machine.issued(0))
    second.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(machine.demands()).toEqual([])
  })

  test('notes it once, however often the walker gets in its way', () => {
    // A log of two entries: what is inherited, and the change itself.
    const { machine } = machineWith(1, { demanded: () => REFUSED }, { cpuCount: 2, maxOperationPages: 2 })
    const [first, second] = machine.cpus
    const word = machine.entryWord(0, 0)
    first.change(OPERATION_PROTECT, 0, 0, 1)
    machine.script.demanded = () => DONE
    machine.calls.length = 0
    expect(machine.entry(0, 0) & (PRESENT | PENDING)).toBe(PRESENT | PENDING)
    let races = 0
    machine.memory.beforeCompareExchange = (at) => {
      if (at === word && races++ < 3) machine.words[word] ^= 8
    }
    second.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 1, 0)
    second.stepUntil(() => second.kernel.isIdle)
    expect(machine.demands()).toMatchObject([{ owners: [0], serials: [1] }])
  })

  test('measures the exposure of its own changes, and of no others', () => {
    const { machine } = machineWith(2, {}, { cpuCount: 2 })
    const [first, second] = machine.cpus
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    machine.firstChanges = 0
    machine.exposures.length = 0
    second.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect([machine.firstChanges, machine.exposures.length]).toEqual([0, 0])
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    expect([machine.firstChanges, machine.exposures.length]).toEqual([1, 1])
  })
})

describe('crowded', () => {
  const crowds = (machine: BareMachine) =>
    machine.calls
      .filter(({ hook }) => hook === 'finished')
      .map(({ cpu, operation }) => [cpu, operation?.crowded])

  test('is false for operations one after the other', () => {
    const { machine } = machineWith(2, {}, { cpuCount: 2 })
    machine.cpus[0].change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    machine.cpus[1].change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    expect(crowds(machine)).toEqual([
      [0, false],
      [1, false],
    ])
  })

  test('is true for both if the second begins while the first is open', () => {
    const { machine } = machineWith(2, {}, { cpuCount: 2 })
    const [first, second] = machine.cpus
    first.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 1, 0)
    first.stepUntil(() => machine.calls.length === 1)
    // Begins and ends inside the other one.
    second.change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    first.run()
    expect(crowds(machine)).toEqual([
      [1, true],
      [0, true],
    ])
  })

  test('is true for one that begins while the end of the other is not yet disposed of', () => {
    const { machine } = machineWith(2, {}, { cpuCount: 2, contract: 'return' })
    const [first, second] = machine.cpus
    machine.script.demanded = (port) => port.zero(machine.waitWord)
    first.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 1, 0)
    first.stepUntil(() => first.kernel.ticket !== DONE)
    machine.script.demanded = () => DONE
    second.change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    first.kernel.resume()
    first.run()
    expect(crowds(machine)).toEqual([
      [0, false],
      [1, true],
    ])
  })

  test('is false if the other one works on another space', () => {
    const { machine } = machineWith(2, {}, { cpuCount: 2, spaceCount: 3 })
    const [first, second] = machine.cpus
    first.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 1, 0)
    first.stepUntil(() => machine.calls.length === 1)
    second.context.p[4] = 2
    second.map(1, 1, WRITABLE)
    second.fault(1, 0)
    second.change(OPERATION_ADVISE_AWAY, 1, 0, 1)
    first.run()
    expect(crowds(machine)).toEqual([
      [1, false],
      [0, false],
    ])
  })
})

describe('a batch', () => {
  test('has level batch, its parts have level range and depth 1, and nothing is demanded before it ends', () => {
    const { machine, cpu } = machineWith(3, { began: () => DONE }, { contract: 'return' })
    cpu.kernel.beginBatch()
    cpu.run()
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    cpu.change(OPERATION_PROTECT, 0, 2, 1)
    expect(machine.demands()).toEqual([])
    expect(machine.heldCount(0)).toBe(0)
    cpu.kernel.endBatch()
    cpu.run()
    const shape = machine.calls.map(({ hook, operation }) =>
      operation === undefined ? hook : [hook, operation.level, operation.depth, operation.kind],
    )
    expect(shape).toEqual([
      ['began', 2, 0, 4],
      ['began', 0, 1, 2],
      'changed',
      'changed',
      ['finished', 0, 1, 2],
      ['began', 0, 1, 1],
      'changed',
      ['finished', 0, 1, 1],
      ['finished', 2, 0, 4],
      'demanded',
    ])
    // The harder of both obligations is named, and all three changes are demanded together.
    expect(machine.demands()).toMatchObject([{ obligation: REVOKE, serials: [1, 2, 3] }])
  })

  test('keeps its id over its parts', () => {
    const { machine, cpu } = machineWith(1, { began: () => DONE })
    cpu.kernel.beginBatch()
    cpu.run()
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    cpu.kernel.endBatch()
    cpu.run()
    const ids = machine.calls.flatMap(({ operation }) => operation?.id ?? [])
    expect(ids.length).toBe(4)
    expect([ids[3], ids[2]]).toEqual([ids[0], ids[1]])
    expect(ids[1]).not.toBe(ids[0])
    expect(machine.calls.find(({ hook }) => hook === 'changed')?.change?.operation).toBe(ids[1])
  })

  test('whose finished is SETTLED frees all, addresses too', () => {
    const settleBatch: Script = { finished: (_cpu, operation) => (operation.depth === 0 ? SETTLED : DONE) }
    const { machine, cpu } = machineWith(2, settleBatch, { contract: 'return' })
    const first = machine.firstPage(0)
    cpu.kernel.beginBatch()
    cpu.run()
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    cpu.unmap(0)
    // Until the batch ends nobody can tell: the range is not for use.
    expect(cpu.map(1, 2, WRITABLE)).not.toBe(first)
    cpu.kernel.endBatch()
    cpu.run()
    expect(machine.demands()).toEqual([])
    expect(machine.heldCount(0)).toBe(0)
    expect(cpu.map(2, 2, WRITABLE)).toBe(first)
  })

  test('unlocks entries when its part ends, marked for whoever comes before its end', () => {
    const { machine, cpu } = machineWith(1, {}, { contract: 'return', cpuCount: 2 })
    cpu.kernel.beginBatch()
    cpu.run()
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(machine.entry(0, 0)).toBe(PENDING)
    expect(machine.cpus[1].fault(0, 0)).toBe(1)
    expect(machine.demands()).toMatchObject([{ obligation: VA_REUSE, owners: [0], serials: [1] }])
  })

  test('that is settled takes its own marks away again, and no others', () => {
    const { machine } = machineWith(2, {}, { cpuCount: 2 })
    const [first, second] = machine.cpus
    first.kernel.beginBatch()
    first.run()
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    // The other CPU populates a page and empties it again: that change is settled by nobody.
    second.fault(0, 1)
    second.change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    machine.script.finished = () => SETTLED
    first.kernel.endBatch()
    first.run()
    expect([machine.entry(0, 0), machine.entry(0, 1)]).toEqual([0, PENDING])
    machine.calls.length = 0
    expect(first.fault(0, 0)).toBe(1)
    expect(machine.demands()).toEqual([])
    expect(first.fault(0, 1)).toBe(1)
    expect(machine.demands()).toMatchObject([{ obligation: VA_REUSE, owners: [1] }])
  })

  test('does not inherit from itself, and fits into the log of its pages', () => {
    // As the tape counts: a batch is as long as its parts together.
    const { machine, cpu } = machineWith(2, {}, { maxOperationPages: 4, contract: 'return' })
    cpu.kernel.beginBatch()
    cpu.run()
    cpu.change(OPERATION_PROTECT, 0, 0, 2)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    cpu.kernel.endBatch()
    cpu.run()
    expect(machine.demands()).toMatchObject([{ serials: [1, 2, 3, 4] }])
  })

  test('shares the answer whether it was crowded with its parts', () => {
    const { machine } = machineWith(2, {}, { cpuCount: 2 })
    const [first, second] = machine.cpus
    first.kernel.beginBatch()
    first.run()
    second.change(OPERATION_ADVISE_AWAY, 0, 1, 1)
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    first.kernel.endBatch()
    first.run()
    const crowds = machine.calls.flatMap(({ operation }) => operation?.crowded ?? [])
    expect(crowds).toEqual([true, true, true])
  })
})
