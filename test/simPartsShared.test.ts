import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change } from '../dist/src/contract/change.js'
import type { Demand } from '../dist/src/contract/strategy.js'
import { DONE, waits } from '../dist/src/contract/ticket.js'
import { Layout } from '../dist/src/machine/layout.js'
import { Fallback, fallbackPrivates } from '../dist/src/strategies/shared/fallback.js'
import { Gather, GATHER_PRIVATES } from '../dist/src/strategies/shared/gather.js'
import { holderBlock, Holders, setWords } from '../dist/src/strategies/shared/holders.js'
import { Round, roundBlocks, WHOLE_SPACE } from '../dist/src/strategies/shared/round.js'
import { SweptRing } from '../dist/src/strategies/shared/sweptRing.js'
import { WordPort } from './support/bareKernel.js'

const SPACES = 3
const KERNEL_SPACE = 0

/** Which CPUs a set in private words names. */
function members(port: WordPort, at: number): number[] {
  return Array.from({ length: 32 * setWords(port.count) }, (_, cpu) => cpu).filter(
    (cpu) => ((port.get(at + Math.floor(cpu / 32)) >>> (cpu % 32)) & 1) === 1,
  )
}

function holdersOf(cpuCount: number) {
  const layout = new Layout()
  const placed = layout.place('holders', holderBlock({ cpuCount, spaceCount: SPACES }))
  const ports = WordPort.all(cpuCount, layout.wordCount)
  return { holders: new Holders(placed, cpuCount), ports }
}

describe('holders', () => {
  test.each([1, 2, 31, 32, 33, 64, 65])('of %i CPUs are a set', (cpuCount) => {
    const cpu = fc.integer({ min: 0, max: cpuCount - 1 })
    const space = fc.integer({ min: 0, max: SPACES - 1 })
    const command = fc.record({ enters: fc.boolean(), cpu, space })
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40, size: 'max' }), cpu, (commands, asker) => {
        const { holders, ports } = holdersOf(cpuCount)
        const naive = Array.from({ length: SPACES }, () => new Set<number>())
        for (const step of commands) {
          if (step.enters) holders.enter(ports[step.cpu], step.space)
          else holders.leave(ports[step.cpu], step.space)
          if (step.enters) naive[step.space].add(step.cpu)
          else naive[step.space].delete(step.cpu)
        }
        const port = ports[asker]
        for (const [each, set] of naive.entries()) {
          expect(holders.holds(port, each)).toBe(set.has(asker))
          const others = [...set].filter((one) => one !== asker).sort((a, b) => a - b)
          expect(holders.others(port, each, 3)).toBe(others.length)
          expect(members(port, 3)).toEqual(others)
        }
        expect(holders.everyoneElse(port, 3)).toBe(cpuCount - 1)
        const everyone = Array.from({ length: cpuCount }, (_, one) => one)
        expect(members(port, 3)).toEqual(everyone.filter((one) => one !== asker))
      }),
      { numRuns: 15 },
    )
  })

  test('that all hold a space are counted one by one', () => {
    // Of 512 CPUs the masks of the spaces have no word between them.
    for (const cpuCount of [1, 31, 32, 33, 64, 512]) {
      const { holders, ports } = holdersOf(cpuCount)
      for (const space of [0, 1, 2]) for (const port of ports) holders.enter(port, space)
      for (const port of ports) expect(holders.others(port, 1, 0)).toBe(cpuCount - 1)
    }
  })
})

describe('a gather', () => {
  const change = (space: number, firstPage: number, pageCount: number) =>
    ({ space, firstPage, pageCount }) as Change
  const [port] = WordPort.all(1, 16)

  test('is the range from the first page to the last one, holes included', () => {
    const one = fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.constantFrom(1, 512))
    const ceilings = fc.constantFrom(0, 33, 1024)
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), ceilings, (changes, ceiling) => {
        const gather = new Gather(10, ceiling)
        gather.clear(port)
        for (const [first, count] of changes) gather.add(port, change(2, first, count))
        const first = Math.min(...changes.map(([page]) => page))
        const end = Math.max(...changes.map(([page, count]) => page + count))
        expect(gather.count(port)).toBe(changes.length)
        expect([gather.space(port), gather.first(port)]).toEqual([2, first])
        expect(gather.pages(port)).toBe(end - first > ceiling ? WHOLE_SPACE : end - first)
      }),
    )
  })

  test('of as many pages as the ceiling is still a range, of one more the whole space', () => {
    const gather = new Gather(10, 33)
    for (const [count, expected] of [
      [33, 33],
      [34, WHOLE_SPACE],
    ]) {
      gather.clear(port)
      gather.add(port, change(1, 5, count))
      expect(gather.pages(port)).toBe(expected)
    }
  })

  test('of two spaces is everything', () => {
    for (const spaces of [
      [1, 2],
      [1, KERNEL_SPACE, 1],
      [1, 2, KERNEL_SPACE],
    ]) {
      const gather = new Gather(10, 2 ** 20)
      gather.clear(port)
      for (const space of spaces) gather.add(port, change(space, 5, 1))
      expect([gather.space(port), gather.pages(port)]).toEqual([KERNEL_SPACE, WHOLE_SPACE])
    }
  })

  test('takes over another one and empties it', () => {
    const [a, b] = [new Gather(10, 100), new Gather(10 + GATHER_PRIVATES, 100)]
    a.clear(port)
    b.clear(port)
    a.add(port, change(1, 20, 1))
    a.addAll(port, b)
    expect([a.count(port), a.first(port), a.pages(port)]).toEqual([1, 20, 1])
    b.add(port, change(1, 5, 1))
    b.add(port, change(1, 7, 1))
    a.addAll(port, b)
    expect([a.count(port), a.first(port), a.pages(port), b.count(port)]).toEqual([3, 5, 16, 0])
    a.clear(port)
    b.add(port, change(1, 9, 3))
    a.addAll(port, b)
    expect([a.space(port), a.first(port), a.pages(port)]).toEqual([1, 9, 3])
  })
})

const TARGETS = 0

function roundOf(cpuCount: number) {
  const shape = { cpuCount, spaceCount: SPACES }
  const layout = new Layout()
  const holdersAt = layout.place('holders', holderBlock(shape))
  const blocks = roundBlocks(shape)
  const [request, row] = [layout.place('request', blocks.request), layout.place('row', blocks.row)]
  const ports = WordPort.all(cpuCount, layout.wordCount)
  const holders = new Holders(holdersAt, cpuCount)
  return { round: new Round(request, row, holders, TARGETS, cpuCount), holders, ports, row }
}

describe('a round', () => {
  test('reaches the other holders, and they flush before they acknowledge', () => {
    const { round, holders, ports, row } = roundOf(40)
    for (const cpu of [1, 2, 33]) holders.enter(ports[cpu], 1)
    for (const port of ports) port.log.length = 0
    expect(waits(round.start(ports[2], 1, 70, 5, 1))).toBe(true)
    // Who is asked knows it before the interrupt; this CPU flushes while the interrupts travel.
    expect(ports[2].log).toEqual([
      'arm 2',
      `or ${row.base + row.stride}`,
      `or ${row.base + 33 * row.stride}`,
      'interrupt 1 33',
      'invalidate 1 70 5 1',
    ])
    for (const cpu of [33, 1]) {
      round.serve(ports[cpu])
      expect(ports[cpu].log).toEqual(['invalidate 1 70 5 1', 'acknowledge 2'])
      // Served once; a spurious interrupt finds nothing.
      round.serve(ports[cpu])
      expect(ports[cpu].log.length).toBe(2)
    }
  })

  test('serves all who ask with one interrupt', () => {
    const { round, holders, ports } = roundOf(40)
    for (const port of ports) holders.enter(port, 1)
    round.start(ports[0], 1, 10, 1, 1)
    round.start(ports[35], 1, 20, WHOLE_SPACE, 1)
    ports[7].log.length = 0
    round.serve(ports[7])
    expect(ports[7].log).toEqual([
      'invalidate 1 10 1 1',
      'acknowledge 0',
      'invalidateSpace 1',
      'acknowledge 35',
    ])
  })

  test('leaves the requests to its neighbours alone, where no word lies between them', () => {
    const { round, holders, ports } = roundOf(512)
    for (const port of ports) holders.enter(port, 1)
    round.start(ports[0], 1, 10, 1, 1)
    for (const cpu of [7, 8]) {
      ports[cpu].log.length = 0
      round.serve(ports[cpu])
      expect(ports[cpu].log).toEqual(['invalidate 1 10 1 1', 'acknowledge 0'])
    }
  })

  test('for a kernel mapping reaches every CPU, for a space that nobody else holds none', () => {
    const { round, ports } = roundOf(4)
    round.start(ports[0], KERNEL_SPACE, 10, 1, 1)
    expect(ports[0].log).toContain('interrupt 1 2 3')
    ports[0].log.length = 0
    expect(round.start(ports[0], 1, 10, 1, 1)).toBe(DONE)
    expect(ports[0].log).toEqual(['arm 0', 'invalidate 1 10 1 1'])
  })
})

describe('the fallback', () => {
  test('reads what was issued before the round, once per owner, and settles exactly that', () => {
    const { round, ports } = roundOf(4)
    const fallback = new Fallback(round, 8)
    expect(fallbackPrivates({ cpuCount: 4, spaceCount: SPACES })).toBe(1 + 2 * 4)
    const [port] = ports
    port.issuedSerials.set([5, 6, 7, 8])
    const demand = {
      count: 4,
      owners: Int32Array.of(2, 0, 2, 3),
      serials: new Int32Array(4),
    } as unknown as Demand
    const ticket = fallback.start(port, demand)
    expect(waits(ticket)).toBe(true)
    const reads = port.log
      .map((line, at) => [line, at] as const)
      .filter(([line]) => line.startsWith('issued'))
    expect(reads.map(([line]) => line)).toEqual(['issued 2', 'issued 0', 'issued 3'])
    const firstOfRound = port.log.findIndex((line) => /^(arm|or|interrupt|invalidate)/.test(line))
    for (const [, at] of reads) expect(at).toBeLessThan(firstOfRound)
    // Issued while the round ran: nobody has flushed these.
    port.issuedSerials.set([50, 60, 70, 80])
    port.log.length = 0
    fallback.finish(port)
    expect(port.log).toEqual(['settle 2 7', 'settle 0 5', 'settle 3 8'])
  })
})

describe('a swept ring', () => {
  const SLOTS = 4
  const PRIVATES = 16
  // Words of a ring: the next slot's number, and the oldest slot's.
  const HEAD = 0
  const TAIL = 1

  function ringOf(cpuCount: number, start = 0) {
    const layout = new Layout()
    const holdersAt = layout.place('holders', holderBlock({ cpuCount, spaceCount: SPACES }))
    const placed = layout.place('ring', { count: cpuCount, stride: SweptRing.wordsPerCpu(SLOTS) })
    const epoch = layout.lines('epoch', 2)
    const ports = WordPort.all(cpuCount, layout.wordCount)
    const holders = new Holders(holdersAt, cpuCount)
    for (const port of ports) {
      holders.enter(port, 1)
      port.words[placed.base + port.id * placed.stride + HEAD] = start
      port.words[placed.base + port.id * placed.stride + TAIL] = start
      port.privates.fill(start, PRIVATES + 1, PRIVATES + 1 + cpuCount)
    }
    for (const port of ports) port.log.length = 0
    const ring = new SweptRing(placed, epoch, PRIVATES, SLOTS, cpuCount)
    /** Sweeps of the others that have flushed the page since the log was emptied. */
    const sweeps = (port: WordPort, page: number) =>
      port.log.filter((line) => line === `invalidate 1 ${page} 1 1`)
    return { ring, holders, ports, placed, epoch, sweeps }
  }

  test('frees a slot when every CPU has begun and completed two sweeps since, and settles it then', () => {
    const order = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 40, size: 'max' })
    fc.assert(
      fc.property(order, order, (before, after) => {
        const { ring, holders, ports } = ringOf(3)
        for (const cpu of before) ring.sweep(ports[cpu], holders)
        ring.append(ports[0], 1, 77, 1, 9)
        const done = [0, 0, 0]
        for (const cpu of after) {
          ring.sweep(ports[cpu], holders)
          done[cpu]++
          ring.reclaim(ports[0])
          if (ports[0].settled[0] !== 9) continue
          expect(Math.min(...done)).toBeGreaterThanOrEqual(2)
          for (const other of [1, 2]) expect(ports[other].log).toContain('invalidate 1 77 1 1')
        }
      }),
      { numRuns: 200 },
    )
  })

  test('does free it: four rounds of sweeps are enough', () => {
    const { ring, holders, ports, sweeps } = ringOf(3)
    ring.append(ports[0], 1, 77, 1, 9)
    for (let round = 0; round < 4; round++) for (const port of ports) ring.sweep(port, holders)
    ring.reclaim(ports[0])
    expect(ports[0].settled[0]).toBe(9)
    // Flushed once by each of the others: who has seen a slot need not look again.
    for (const other of [1, 2]) expect(sweeps(ports[other], 77).length).toBe(1)
    expect(sweeps(ports[0], 77)).toEqual([])
  })

  test('counts from the epoch after publication: one that moved on just before does not shorten the wait', () => {
    const { ring, holders, ports, placed } = ringOf(2)
    const [owner, other] = ports
    // The owner has swept in this epoch; the other CPU's sweep ends the epoch while the owner publishes.
    ring.sweep(owner, holders)
    const head = placed.base + HEAD
    const page = head + 16 + 1
    let swept = 0
    owner.onStore = (word) => {
      if (word !== page) return
      owner.onStore = null
      // The slot is not published yet: the sweep that ends the epoch and the one after it cannot see it.
      ring.sweep(other, holders)
      ring.sweep(other, holders)
    }
    ring.append(owner, 1, 77, 1, 9)
    expect(other.log).toEqual([])
    for (let round = 0; round < 8; round++) {
      ring.sweep(owner, holders)
      ring.reclaim(owner)
      if (owner.settled[0] === 9) break
      ring.sweep(other, holders)
      swept++
    }
    expect(owner.settled[0]).toBe(9)
    // Noted before publication, the slot would be free after one.
    expect(swept).toBe(2)
  })

  test('counts a sweep of the new epoch by another CPU as soon as the epoch has moved on', () => {
    const { ring, holders, ports, epoch } = ringOf(2)
    const [owner, other] = ports
    ring.append(owner, 1, 77, 1, 9)
    const add = owner.add.bind(owner)
    owner.add = (word, delta) => {
      const before = add(word, delta)
      // The count was emptied before this: emptied later, the other CPU's sweep would be forgotten.
      if (word === epoch.base) ring.sweep(other, holders)
      return before
    }
    ring.sweep(other, holders)
    for (let round = 0; round < 4; round++) ring.sweep(owner, holders)
    ring.reclaim(owner)
    expect(owner.settled[0]).toBe(9)
  })

  test('is full with as many slots as it has, and has room again when the oldest is free', () => {
    const { ring, holders, ports } = ringOf(2)
    const [owner] = ports
    for (let slot = 0; slot < SLOTS; slot++) {
      expect(ring.isFull(owner)).toBe(false)
      ring.append(owner, 1, 10 + slot, 1, 1 + slot)
    }
    expect(ring.isFull(owner)).toBe(true)
    for (let round = 0; round < 4; round++) for (const port of ports) ring.sweep(port, holders)
    ring.reclaim(owner)
    expect(ring.isFull(owner)).toBe(false)
    expect(owner.settled[0]).toBe(SLOTS)
  })

  test('goes on over the wrap of its slot numbers', () => {
    const { ring, holders, ports, sweeps } = ringOf(2, -3)
    const [owner, other] = ports
    for (let slot = 0; slot < 6; slot++) {
      const number = ring.nextSlot(owner)
      expect(number).toBe(-3 + slot)
      ring.append(owner, 1, 10 + slot, 1, 1 + slot)
      expect(ring.isLive(owner, number)).toBe(true)
      expect(ring.isLive(owner, number + 1)).toBe(false)
      for (let round = 0; round < 4; round++) for (const port of ports) ring.sweep(port, holders)
      ring.reclaim(owner)
      expect(ring.isLive(owner, number)).toBe(false)
      expect(owner.settled[0]).toBe(1 + slot)
    }
    for (let slot = 0; slot < 6; slot++) expect(sweeps(other, 10 + slot).length).toBe(1)
  })

  test('over the wrap keeps as many slots apart as it has', () => {
    const { ring, ports } = ringOf(2, 0x7fffffff)
    const at = [0, 1, 2, 3].map((slot) => ring.slotWord(0, (0x7fffffff + slot) | 0))
    expect(new Set(at).size).toBe(SLOTS)
    const [owner] = ports
    for (let slot = 0; slot < SLOTS; slot++) ring.append(owner, 1, 10 + slot, 1, slot)
    expect(at.map((word) => ring.firstOf(owner, word))).toEqual([10, 11, 12, 13])
  })

  test('frees a slot that a round has flushed as soon as it is the oldest, and not before', () => {
    const { ring, ports } = ringOf(2)
    const [owner] = ports
    for (let slot = 0; slot < 3; slot++) ring.append(owner, 1, 10 + slot, 1, 1 + slot)
    ring.finishEarly(owner, 1)
    expect(owner.settled[0]).toBe(0)
    ring.finishEarly(owner, 0)
    // Its successor was finished already, the third one was not.
    expect(owner.settled[0]).toBe(2)
    ring.finishEarly(owner, 2)
    expect(owner.settled[0]).toBe(3)
  })

  test('settles an operation without a slot only if no slot waits before it', () => {
    const { ring, ports } = ringOf(2)
    const [owner] = ports
    ring.settleUpTo(owner, 4)
    expect(owner.settled[0]).toBe(4)
    ring.append(owner, 1, 10, 1, 5)
    ring.settleUpTo(owner, 6)
    expect(owner.settled[0]).toBe(4)
    ring.finishEarly(owner, 0)
    expect(owner.settled[0]).toBe(6)
  })

  test('is swept for the spaces that a CPU holds only', () => {
    const { ring, holders, ports } = ringOf(3)
    holders.leave(ports[1], 1)
    ring.append(ports[0], 1, 77, 1, 9)
    ring.sweep(ports[1], holders)
    ring.sweep(ports[2], holders)
    expect(ports[1].log).toEqual([])
    expect(ports[2].log).toEqual(expect.arrayContaining(['invalidate 1 77 1 1']))
  })
})
