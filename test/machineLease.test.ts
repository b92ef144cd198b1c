import { describe, expect, test } from 'vitest'
import { NEVER_EXPIRES } from '../dist/src/contract/hardware.js'
import { Expiries, hasPassed } from '../dist/src/machine/expiries.js'
import { Lease } from '../dist/src/machine/lease.js'
import { StructureCache } from '../dist/src/machine/structureCache.js'
import { Tables, TABLE_WORDS } from '../dist/src/machine/tables.js'
import { Tlb } from '../dist/src/machine/tlb.js'
import { Walker } from '../dist/src/machine/walker.js'
import type { MachineWords } from '../dist/src/machine/words.js'
import { CountingMeter, PlainMemory } from './support/bareKernel.js'

const PRESENT = 1
const ACCESSED = 8
const GEOMETRY = {
  smallEntries: 16,
  smallWays: 4,
  largeEntries: 8,
  largeWays: 4,
  secondEntries: 64,
  secondWays: 8,
  tagCount: 4,
}
const LEASE_NS = 3_000
const TABLES = 12
const TABLES_AT = 16
const LATEST_AT = TABLES_AT + TABLES * TABLE_WORDS

function machine(marginTicks = 0) {
  const memory = new PlainMemory(new Int32Array(LATEST_AT + TABLES * 512))
  const tables = new Tables(memory, TABLES_AT, TABLES, 1)
  const tlb = new Tlb(GEOMETRY)
  const meter = new CountingMeter()
  const words = { tables: TABLES_AT } as MachineWords
  const expiries = new Expiries(memory, words, { latest: LATEST_AT, clockStart: 0 })
  const clock = { ns: 0 }
  const lease = new Lease(expiries, tlb, meter, () => clock.ns, LEASE_NS, marginTicks)
  const walker = new Walker(memory, tables, new StructureCache([4, 2, 2]), meter)
  walker.lease = lease
  const root = tables.allocate()
  const epoch = tlb.epochOf(1)
  /** Maps a page that is not walked before. */
  const put = (page: number, entry = (7 << 12) | PRESENT) => {
    const word = tables.growTo(root, page, 1)
    memory.words[word] = entry
    return word
  }
  const access = (page: number) => {
    const entry = walker.walk(root, page, epoch, PRESENT)
    tlb.fill(page, entry, walker.large, 0, epoch)
    lease.filled(page, epoch, walker.large, walker.expiry)
  }
  const holds = (page: number) => tlb.holds(page, epoch)
  return { memory, tlb, lease, walker, expiries, clock, root, epoch, put, access, holds }
}

describe('an entry', () => {
  test('is a miss when its time has come, and the shortcut to it is one too', () => {
    const { lease, tlb, clock, epoch, put, access, holds } = machine()
    put(5)
    clock.ns = 1_000
    access(5)
    expect(lease.nextNs).toBe(1_000 + LEASE_NS)
    lease.dropExpired(1_000 + LEASE_NS - 1)
    expect([holds(5), tlb.hits(5, 1, PRESENT, epoch)]).toEqual([true, 1])
    lease.dropExpired(1_000 + LEASE_NS)
    expect([holds(5), tlb.hits(5, 1, PRESENT, epoch), tlb.lookup(5, epoch)]).toEqual([false, 0, false])
    expect(lease.nextNs).toBe(Infinity)
  })

  test('that was walked again has a lease from then on', () => {
    const { lease, clock, epoch, put, access, holds } = machine()
    for (const page of [5, 6]) put(page)
    for (const page of [5, 6]) access(page)
    clock.ns = 2_000
    access(5)
    lease.dropExpired(LEASE_NS)
    expect([holds(5), holds(6)]).toEqual([true, false])
    expect([lease.isLive(5, epoch, LEASE_NS), lease.isLive(5, epoch, LEASE_NS + 2_000)]).toEqual([
      true,
      false,
    ])
    lease.dropExpired(LEASE_NS + 2_000)
    expect(holds(5)).toBe(false)
  })

  test('of a large page goes whole', () => {
    const { lease, tlb, epoch } = machine()
    tlb.fill(1024, (512 << 12) | PRESENT | 128, true, 0, epoch)
    lease.filled(1024, epoch, true, 3)
    expect([tlb.holds(1030, epoch), lease.isLive(1030, epoch, 2_999)]).toEqual([true, true])
    lease.dropExpired(3_000)
    expect(tlb.holds(1030, epoch)).toBe(false)
  })

  test('goes early where more fills are under way than are kept', () => {
    const { lease, tlb, epoch } = machine()
    for (let page = 1; page <= 8192 + 1; page++) {
      if (page <= 2) tlb.fill(page, PRESENT, false, 0, epoch)
      lease.filled(page, epoch, false, 3)
    }
    expect([tlb.holds(1, epoch), tlb.holds(2, epoch)]).toEqual([false, true])
  })
})

test('what stands beside the entry is the latest expiry of all TLBs, and as much later as clocks may differ', () => {
  const { expiries, clock, put, access } = machine(2)
  const word = put(5)
  clock.ns = 10_000
  access(5)
  expect(expiries.latest(word)).toBe(10 + 3 + 2)
  clock.ns = 4_000
  access(5)
  expect(expiries.latest(word)).toBe(10 + 3 + 2)
})

test.each([
  [5, 4.9, false],
  [5, 5, true],
  [0, 0, true],
  // Across the wrap in sign and in size.
  [2 ** 31 - 1, 2 ** 31 + 3, true],
  [-(2 ** 31) + 5, 2 ** 31 - 1, false],
  [-3, 2 ** 32 + 1, true],
  [NEVER_EXPIRES, 2 ** 31 + 9, false],
])('expiry %i at tick %d: %s', (expiry, tick, isPast) => {
  expect(hasPassed(expiry, tick)).toBe(isPast)
})

describe('a walk that meets a change (trap 19)', () => {
  const ACCESSES = 8

  /** Software writes the entry and then looks, before the access of the walk with this number. */
  function meet(at: number, isAccessed: boolean) {
    const { memory, walker, expiries, root, epoch, put } = machine()
    // A walk that sets the bit meets the change there at the latest.
    const word = put(5, (7 << 12) | PRESENT | (isAccessed ? ACCESSED : 0))
    let accesses = 0
    let seen: number | null = null
    const change = () => {
      if (accesses++ !== at) return
      memory.words[word] = 0
      seen = memory.words[expiries.wordOf(word)]
    }
    memory.afterLoad = change
    memory.beforeCompareExchange = change
    const entry = walker.walk(root, 5, epoch, PRESENT)
    return { entry, seen, expiry: walker.expiry, accesses }
  }

  test.each(Array.from({ length: ACCESSES }, (_, at) => at))(
    'at its access %i: what it caches is new, or its stamp was seen',
    (at) => {
      for (const isAccessed of [false, true]) {
        const { entry, seen, expiry } = meet(at, isAccessed)
        expect(entry === 0 || seen === null || seen === expiry).toBe(true)
      }
    },
  )

  test('at each of its accesses is all that there are, and both ends occur', () => {
    const met = Array.from({ length: ACCESSES }, (_, at) => meet(at, true))
    expect(Math.max(...met.map(({ accesses }) => accesses))).toBeLessThanOrEqual(ACCESSES)
    expect(met.some(({ entry }) => entry === 0)).toBe(true)
    expect(met.some(({ entry, seen }) => entry !== 0 && seen !== null)).toBe(true)
  })
})
