import { describe, expect, test } from 'vitest'
import { OPERATION_ADVISE_AWAY, OPERATION_PROTECT } from '../dist/src/contract/operation.js'
import { DONE, SETTLED } from '../dist/src/contract/ticket.js'
import { RETRY } from '../dist/src/pagetable/routine.js'
import { BareMachine, type BareOptions, type Script, USER_SPACE } from './support/bareKernel.js'

const PRESENT = 1
const WRITABLE = 2
const USER = 4
const BUSY = 256
const PENDING = 512
const EXPOSE = 32
const FRAME_REUSE = 64
const VA_REUSE = 128
const GUEST = 2 << 8
const DIRECT_MAP = 2 ** 30
const KERNEL_SPACE = 0
const ALL_CPUS = 2

const frameOf = (entry: number) => entry >>> 12

function mapped(pages: number, script: Script = {}, options: BareOptions = {}, flags = WRITABLE) {
  const machine = new BareMachine(script, options)
  const [cpu] = machine.cpus
  const first = cpu.map(0, pages, flags)
  return { machine, cpu, first }
}

describe('a fault', () => {
  test('installs a frame that belongs to the space, with what the mapping allows', () => {
    const { machine, cpu } = mapped(2)
    expect(cpu.fault(0, 1)).toBe(1)
    const entry = machine.entry(0, 1)
    expect(entry & 0xfff).toBe(PRESENT | WRITABLE | USER)
    expect(machine.frames.owner(frameOf(entry))).toBe(USER_SPACE)
    expect(machine.entry(0, 0)).toBe(0)
    expect(machine.pins(0)).toBe(0)
    expect(machine.hooks()).toEqual([])
  })

  test('outside of the mapping, or of a mapping that is gone, is refused', () => {
    const { machine, cpu } = mapped(2)
    expect(cpu.fault(0, 2)).toBe(0)
    expect(cpu.fault(0, -1)).toBe(0)
    cpu.unmap(0)
    expect(cpu.fault(0, 0)).toBe(0)
    expect(machine.pins(0)).toBe(0)
  })

  test('of a write that the mapping does not allow is refused; a read is not', () => {
    const { machine, cpu } = mapped(1, {}, {}, 0)
    expect(cpu.fault(0, 0, true)).toBe(0)
    expect(cpu.fault(0, 0, false)).toBe(1)
    expect(machine.entry(0, 0) & 0xfff).toBe(PRESENT | USER)
    expect(cpu.fault(0, 0, true)).toBe(0)
  })

  test('that finds the page present is spurious if it may, and changes nothing', () => {
    const { machine, cpu } = mapped(1)
    cpu.fault(0, 0)
    const entry = machine.entry(0, 0)
    const generation = machine.frames.generation(frameOf(entry))
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.entry(0, 0)).toBe(entry)
    expect(machine.frames.generation(frameOf(entry))).toBe(generation)
    expect([machine.counted.get('faults'), machine.counted.get('spuriousFaults')]).toEqual([2, 1])
  })

  test('on a page whose change is not settled demands the reuse of its address first', () => {
    const script: Script = {
      changed: (_cpu, change) => {
        change.tag = 99
        return DONE
      },
    }
    const { machine, cpu } = mapped(1, script)
    cpu.fault(0, 0)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(machine.entry(0, 0)).toBe(PENDING)
    machine.calls.length = 0
    let seen = -1
    machine.script.demanded = () => {
      seen = machine.entry(0, 0)
      return DONE
    }
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.demands()).toEqual([
      {
        obligation: VA_REUSE,
        newOwner: USER_SPACE,
        owners: [0],
        serials: [1],
        tags: [99],
        spaces: [USER_SPACE],
        mayFail: false,
      },
    ])
    expect(seen).toBe(PENDING)
    expect(machine.entry(0, 0) & (PRESENT | PENDING)).toBe(PRESENT)
    expect(machine.passed.map(({ obligation }) => obligation)).toContain(VA_REUSE)
  })

  test('demands nothing where that change is covered by now', () => {
    const { machine, cpu } = mapped(1)
    cpu.fault(0, 0)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    machine.settle(0, 1)
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.demands()).toEqual([])
  })

  test('goes on after its demand, covered or not', () => {
    const { machine, cpu } = mapped(1, { covered: () => false })
    cpu.fault(0, 0)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.demands().length).toBe(1)
  })

  test('of two CPUs on one page: one installs, the frame of the other goes back', () => {
    const { machine } = mapped(1, {}, { cpuCount: 2 })
    const [first, second] = machine.cpus
    const word = machine.tables.growTo(machine.root(USER_SPACE), machine.firstPage(0), 1)
    let hasRaced = false
    machine.memory.beforeCompareExchange = (at) => {
      if (at !== word || hasRaced) return
      hasRaced = true
      expect(second.fault(0, 0)).toBe(1)
    }
    first.startFault(0, 0, true)
    first.stepUntil(() => first.kernel.isIdle)
    expect(first.result).toBe(1)
    expect(machine.pins(0)).toBe(0)
    const winner = frameOf(machine.entry(0, 0))
    expect(machine.frames.owner(winner)).toBe(USER_SPACE)
    // Both have taken a batch of 63 from the pool; one frame of 126 is in use.
    expect(machine.freeCount(0)).toBe(63)
    expect(machine.freeCount(1)).toBe(62)
    expect(machine.frames.count(machine.placed.pool)).toBe(256 - 126)
  })

  test('demands a change that came while it waited for a frame', () => {
    // 64 frames in lists of 1: CPU 0 has to demand a held one, and that takes time.
    const sets = ['memory.frames=64', 'memory.listBatch=1']
    const { machine } = mapped(64, {}, { cpuCount: 2, sets, maxOperationPages: 64 })
    const [first, second] = machine.cpus
    for (let page = 0; page < 63; page++) expect(first.fault(0, page)).toBe(1)
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    second.map(1, 1, WRITABLE)
    expect(second.fault(1, 0)).toBe(1)
    machine.calls.length = 0
    machine.script.demanded = (port, demand) =>
      demand.obligation === FRAME_REUSE ? port.zero(machine.waitWord) : DONE
    first.startFault(0, 63, true)
    first.stepUntil(() => first.kernel.ticket !== DONE)
    // Meanwhile the page is populated and emptied by the other CPU, which leaves its change unsettled.
    const word = machine.entryWord(0, 63)
    machine.words[word] = PENDING
    machine.words[word + 512] = 1
    machine.words[word + 2 * 512] = machine.issued(1) + 5
    first.kernel.resume()
    first.run()
    expect(machine.demands().map(({ obligation, owners }) => [obligation, owners])).toEqual([
      [FRAME_REUSE, [0]],
      [VA_REUSE, [1]],
    ])
    expect(machine.entry(0, 63) & PRESENT).toBe(PRESENT)
  })
})

describe('an unmap', () => {
  test('waits for the faults that have pinned the mapping, and empties what they installed', () => {
    const { machine } = mapped(1, {}, { cpuCount: 2 })
    const [first, second] = machine.cpus
    second.startFault(0, 0, true)
    second.stepUntil(() => machine.pins(0) === 1)
    first.kernel.unmap(0)
    expect(first.kernel.step()).not.toBe(RETRY)
    expect(first.kernel.step()).toBe(RETRY)
    const words = machine.words.slice()
    expect(first.kernel.step()).toBe(RETRY)
    expect(Buffer.from(machine.words.buffer).equals(Buffer.from(words.buffer))).toBe(true)
    second.run()
    expect(second.result).toBe(1)
    const word = machine.entryWord(0, 0)
    expect(machine.words[word] & PRESENT).toBe(PRESENT)
    first.run()
    expect(machine.words[word]).toBe(0)
    expect(machine.heldCount(0)).toBe(1)
  })

  test('and a new mapping while a fault looks at the handle do not make it believe in the old one', () => {
    const { machine } = mapped(2, {}, { cpuCount: 2 })
    const [first, second] = machine.cpus
    const old = machine.firstPage(0)
    first.fault(0, 0)
    second.startFault(0, 1, true)
    first.kernel.unmap(0)
    // Nobody has pinned the mapping when the unmap looks.
    first.stepUntil(() => machine.calls.length === 1)
    const handle = machine.handleWord(0)
    machine.memory.afterLoad = (word) => {
      if (word < handle || word > handle + 5) return
      machine.memory.afterLoad = null
      first.run()
      first.map(0, 2000, WRITABLE)
    }
    second.run()
    expect(machine.firstPage(0)).not.toBe(old)
    expect(second.result).toBe(0)
    expect(machine.words[machine.tables.leafWord(machine.root(USER_SPACE), old + 1)]).toBe(0)
  })

  test('of a mapping that was protected leaves nothing to the next one at its address', () => {
    const { machine, cpu, first } = mapped(2, { finished: () => SETTLED })
    cpu.fault(0, 0)
    cpu.change(OPERATION_PROTECT, 0, 0, 2)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    cpu.unmap(0)
    expect(cpu.map(1, 2, WRITABLE)).toBe(first)
    expect([cpu.fault(1, 0), cpu.fault(1, 1)]).toEqual([1, 1])
    expect(machine.entry(1, 1) & WRITABLE).toBe(WRITABLE)
  })
})

describe('a protection of pages that are not present', () => {
  test('is remembered: a write is refused, a read is not, and it can be taken back', () => {
    const { machine, cpu } = mapped(3)
    cpu.change(OPERATION_PROTECT, 0, 0, 2)
    // No change: there was nothing that anybody could have cached.
    expect(machine.hooks()).toEqual(['finished'])
    expect(cpu.fault(0, 0, true)).toBe(0)
    expect(cpu.fault(0, 0, false)).toBe(1)
    expect(machine.entry(0, 0) & 0xfff).toBe(PRESENT | USER)
    expect(cpu.fault(0, 0, true)).toBe(0)
    expect(cpu.fault(0, 2, true)).toBe(1)
    cpu.change(OPERATION_PROTECT, 0, 0, 2, WRITABLE)
    expect(cpu.fault(0, 0, true)).toBe(1)
    expect(cpu.fault(0, 1, true)).toBe(1)
  })

  test('outlives the frames of a page', () => {
    const { cpu } = mapped(1)
    cpu.fault(0, 0)
    cpu.change(OPERATION_PROTECT, 0, 0, 1)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(cpu.fault(0, 0, true)).toBe(0)
    expect(cpu.fault(0, 0, false)).toBe(1)
  })
})

describe('guest memory', () => {
  const guest = (script: Script = {}, options: BareOptions = {}) =>
    mapped(2, script, { contract: 'reuse', ...options }, WRITABLE | GUEST)
  const direct = (machine: BareMachine, frame: number) => machine.directEntry(DIRECT_MAP + frame) & PRESENT

  test('is out of the direct map before its page appears', () => {
    const seen: { isReachable: boolean; isMapped: boolean }[] = []
    const { machine, cpu, first } = guest({
      changed: (_cpu, change) => {
        const word = machine.tables.leafWord(machine.root(USER_SPACE), first)
        const frame = change.firstPage - DIRECT_MAP
        seen.push({ isReachable: direct(machine, frame) !== 0, isMapped: machine.words[word] !== 0 })
        return SETTLED
      },
    })
    expect(cpu.fault(0, 0)).toBe(1)
    expect(seen).toEqual([{ isReachable: false, isMapped: false }])
    const frame = frameOf(machine.entry(0, 0))
    expect(machine.calls[0].change).toMatchObject({
      space: KERNEL_SPACE,
      scope: ALL_CPUS,
      kind: 1,
      firstPage: DIRECT_MAP + frame,
      obligations: EXPOSE,
    })
    expect(machine.passed).toEqual([
      { obligation: EXPOSE, owner: 0, space: KERNEL_SPACE, page: DIRECT_MAP + frame, frame },
    ])
  })

  test('is back in it when the frame is free, and not while it is held', () => {
    const { machine, cpu } = guest({ changed: (_cpu, change) => (change.space === 0 ? SETTLED : DONE) })
    cpu.fault(0, 0)
    const frame = frameOf(machine.entry(0, 0))
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(machine.heldCount(0)).toBe(1)
    expect(direct(machine, frame)).toBe(0)
    machine.settle(0, machine.issued(0))
    cpu.kernel.drain()
    expect(cpu.run()).toBe(0)
    expect(machine.heldCount(0)).toBe(0)
    expect(direct(machine, frame)).toBe(PRESENT)
    expect(machine.frames.isZapped(frame)).toBe(false)
  })

  test('is demanded at its exposure where the strategy has not settled the zap', () => {
    const { machine, cpu, first } = guest()
    let isMapped = true
    machine.script.demanded = () => {
      isMapped = machine.words[machine.tables.leafWord(machine.root(USER_SPACE), first)] !== 0
      return DONE
    }
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.demands()).toMatchObject([
      { obligation: EXPOSE, owners: [0], serials: [1], spaces: [KERNEL_SPACE] },
    ])
    expect(isMapped).toBe(false)
  })

  test('is demanded inside a batch too, and does not fill its log', () => {
    const { machine, cpu } = guest({}, { contract: 'return', maxOperationPages: 1 })
    cpu.kernel.beginBatch()
    cpu.run()
    cpu.map(1, 5, WRITABLE | GUEST)
    for (const page of [0, 1, 2, 3, 4]) expect(cpu.fault(1, page)).toBe(1)
    expect(machine.demands().map(({ obligation }) => obligation)).toEqual([
      EXPOSE,
      EXPOSE,
      EXPOSE,
      EXPOSE,
      EXPOSE,
    ])
    cpu.kernel.endBatch()
    cpu.run()
    expect(machine.demands().length).toBe(5)
  })

  test('is not demanded under contract none', () => {
    const { machine, cpu } = guest({}, { contract: 'none' })
    expect(cpu.fault(0, 0)).toBe(1)
    expect(machine.demands()).toEqual([])
    expect(machine.passed.map(({ obligation }) => obligation)).toEqual([EXPOSE])
  })

  test('has its deadline under contract bounded: neither demanded nor passed here, but drained', () => {
    const { machine, cpu } = guest({}, { contract: 'bounded' })
    expect(cpu.fault(0, 0)).toBe(1)
    expect([machine.demands(), machine.passed]).toEqual([[], []])
    cpu.kernel.drain()
    cpu.run()
    expect(machine.demands()).toMatchObject([{ obligation: EXPOSE, owners: [0], serials: [1] }])
  })
})

describe('a frame for a new owner', () => {
  // 64 frames, taken one by one: one CPU can map them all.
  const scarce = { sets: ['memory.frames=64', 'memory.listBatch=1'], maxOperationPages: 64 }
  const full = (script: Script = {}, options: BareOptions = {}) => {
    const all = mapped(65, script, { ...scarce, ...options })
    for (let page = 0; page < 64; page++) expect(all.cpu.fault(0, page)).toBe(1)
    return all
  }

  test('comes from what another CPU holds, if that is covered', () => {
    const { machine, cpu } = full({}, { cpuCount: 2 })
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 3)
    expect(machine.heldCount(0)).toBe(3)
    machine.settle(0, 2)
    const other = machine.cpus[1]
    expect(other.fault(0, 64)).toBe(1)
    expect(machine.demands()).toEqual([])
    // Two of three changes were settled, in the order in which they were made.
    expect([machine.heldCount(0), machine.freeCount(1)]).toEqual([1, 1])
    expect(machine.passed.filter(({ obligation }) => obligation === FRAME_REUSE)).toMatchObject([
      { owner: 0 },
    ])
  })

  test('is demanded where nothing is covered: one demand for all that is held', () => {
    const { machine, cpu } = full({}, { cpuCount: 2 })
    const gone = [0, 1, 2].map((page) => frameOf(machine.entry(0, page)))
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 3)
    machine.calls.length = 0
    let held = -1
    machine.script.demanded = () => {
      held = machine.heldCount(0)
      return DONE
    }
    const [, other] = machine.cpus
    expect(other.fault(0, 64)).toBe(1)
    expect(machine.demands()).toMatchObject([
      { obligation: FRAME_REUSE, newOwner: USER_SPACE, owners: [0, 0, 0], serials: [1, 2, 3] },
    ])
    // Out of the list while they are demanded, so that nobody else demands or frees them.
    expect(held).toBe(0)
    expect(gone).toContain(frameOf(machine.entry(0, 64)))
    expect(machine.freeCount(1)).toBe(2)
  })

  test('is not given where the strategy refuses: what was claimed is held as before', () => {
    const { machine, cpu } = full()
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    let refusals = 0
    machine.script.demanded = () => {
      refusals++
      return refusals === 1 ? 3 : DONE
    }
    cpu.startFault(0, 64, true)
    cpu.stepUntil(() => refusals === 1)
    cpu.stepUntil(() => refusals === 2)
    // The second demand names the same frames: none was lost, none given away.
    const [first, second] = machine.demands()
    expect(second).toEqual(first)
    expect(cpu.run()).toBe(1)
  })

  test('does not exist where nothing is held', () => {
    const { cpu } = full()
    expect(() => cpu.fault(0, 64)).toThrow('all 64 frames')
  })

  test('has another generation than the one that the old translation named', () => {
    const { machine, cpu } = full({ changed: () => SETTLED })
    const frame = frameOf(machine.entry(0, 0))
    const before = machine.frames.generation(frame)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    expect(cpu.fault(0, 64)).toBe(1)
    expect(frameOf(machine.entry(0, 64))).toBe(frame)
    expect(machine.frames.generation(frame)).toBeGreaterThan(before)
    expect(machine.entry(0, 64) & BUSY).toBe(0)
  })
})

describe('a drain', () => {
  test('demands everything that this CPU holds, and frees it', () => {
    const { machine, cpu } = mapped(3)
    for (const page of [0, 1, 2]) cpu.fault(0, page)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    cpu.unmap(0)
    machine.calls.length = 0
    cpu.kernel.drain()
    expect(cpu.run()).toBe(0)
    const asked = machine.demands().map(({ obligation, serials }) => [obligation, serials])
    expect(asked).toEqual([
      [FRAME_REUSE, [1, 2, 3]],
      [VA_REUSE, [3]],
    ])
    expect(machine.heldCount(0)).toBe(0)
  })

  test('tells how much the strategy would not settle', () => {
    const { machine, cpu } = mapped(2, { demanded: () => 3 })
    for (const page of [0, 1]) cpu.fault(0, page)
    cpu.unmap(0)
    machine.script.demanded = () => 3
    cpu.kernel.drain()
    // Two frames and one range.
    expect(cpu.run()).toBe(3)
  })
})
