import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadProfile } from '../dist/src/machine/profile.js'
import { GLOBAL_TAG } from '../dist/src/contract/hardware.js'
import { Tlb, type TlbGeometry } from '../dist/src/machine/tlb.js'

// Bits of an entry, by design: present, writable, user, dirty, executable; the frame number from bit 12 on.
const PRESENT = 1
const WRITABLE = 2
const USER = 4
const DIRTY = 16
const EXECUTABLE = 32
const PERMISSIONS = WRITABLE | USER | EXECUTABLE

interface Kept {
  key: string
  /** Tag, and how often that tag had been dropped when the entry came: dropped tags never come back. */
  life: string
  entry: number
  stamp: number
}

/** One array of sets. The first in is the first out; a tag that was dropped leaves its entries in the way until then. */
class NaiveArray {
  readonly sets: Kept[][]
  readonly ways: number

  constructor(entries: number, ways: number) {
    this.sets = Array.from({ length: entries / ways }, () => [])
    this.ways = ways
  }

  find(index: number, key: string, life: string): Kept | undefined {
    return this.sets[index % this.sets.length].find((kept) => kept.key === key && kept.life === life)
  }

  put(index: number, kept: Kept): void {
    const set = this.sets[index % this.sets.length]
    const same = set.findIndex(({ key, life }) => key === kept.key && life === kept.life)
    if (same >= 0) set[same] = kept
    else set.push(kept)
    if (set.length > this.ways) set.shift()
  }

  drop(index: number, key: string, life: string): void {
    const set = this.sets[index % this.sets.length]
    const at = set.findIndex((kept) => kept.key === key && kept.life === life)
    if (at >= 0) set.splice(at, 1)
  }
}

class NaiveTlb {
  readonly small: NaiveArray
  readonly large: NaiveArray
  readonly second: NaiveArray
  readonly drops: number[]

  constructor(geometry: TlbGeometry) {
    this.small = new NaiveArray(geometry.smallEntries, geometry.smallWays)
    this.large = new NaiveArray(geometry.largeEntries, geometry.largeWays)
    this.second = new NaiveArray(geometry.secondEntries, geometry.secondWays)
    this.drops = Array.from({ length: geometry.tagCount }, () => 0)
  }

  life(tag: number): string {
    return `${tag}.${this.drops[tag]}`
  }

  fill(page: number, entry: number, isLarge: boolean, stamp: number, tag: number, isSecond = true): void {
    const index = isLarge ? Math.floor(page / 512) : page
    const kept = { key: `${isLarge ? 'L' : 'S'}${index}`, life: this.life(tag), entry, stamp }
    if (isSecond) this.second.put(index, { ...kept })
    ;(isLarge ? this.large : this.small).put(index, kept)
  }

  inFirst(page: number, tag: number): Kept | undefined {
    const index = Math.floor(page / 512)
    return (
      this.small.find(page, `S${page}`, this.life(tag)) ?? this.large.find(index, `L${index}`, this.life(tag))
    )
  }

  inSecond(page: number, tag: number): { kept: Kept; isLarge: boolean } | undefined {
    const index = Math.floor(page / 512)
    const small = this.second.find(page, `S${page}`, this.life(tag))
    if (small !== undefined) return { kept: small, isLarge: false }
    const large = this.second.find(index, `L${index}`, this.life(tag))
    return large === undefined ? undefined : { kept: large, isLarge: true }
  }

  /** What a search finds, and where; a hit in the second level is copied into the first. */
  lookup(page: number, tag: number): { entry: number; isFirst: boolean } | undefined {
    const first = this.inFirst(page, tag)
    if (first !== undefined) return { entry: first.entry, isFirst: true }
    const second = this.inSecond(page, tag)
    if (second === undefined) return undefined
    this.fill(page, second.kept.entry, second.isLarge, second.kept.stamp, tag, false)
    return { entry: second.kept.entry, isFirst: false }
  }

  drop(page: number, tag: number): void {
    const index = Math.floor(page / 512)
    for (const array of [this.small, this.second]) array.drop(page, `S${page}`, this.life(tag))
    for (const array of [this.large, this.second]) array.drop(index, `L${index}`, this.life(tag))
  }

  dropTag(tag: number): void {
    this.drops[tag]++
  }

  dropAll(): void {
    for (let tag = 0; tag < this.drops.length; tag++) this.drops[tag]++
  }

  holdsStale(page: number, tag: number, stamp: number, frame: number, allowed: number): boolean {
    const index = Math.floor(page / 512)
    const life = this.life(tag)
    const small = [this.small.find(page, `S${page}`, life), this.second.find(page, `S${page}`, life)]
    const large = [this.large.find(index, `L${index}`, life), this.second.find(index, `L${index}`, life)]
    const isStale = (kept: Kept | undefined, offset: number) =>
      kept !== undefined &&
      kept.stamp < stamp &&
      (frame < 0 || Math.floor(kept.entry / 4096) + offset === frame) &&
      (allowed === 0 || (kept.entry & PERMISSIONS & ~allowed) !== 0)
    return small.some((kept) => isStale(kept, 0)) || large.some((kept) => isStale(kept, page % 512))
  }
}

const TINY: TlbGeometry = {
  smallEntries: 8,
  smallWays: 4,
  largeEntries: 4,
  largeWays: 2,
  secondEntries: 16,
  secondWays: 8,
  tagCount: 3,
}

// Few pages, many conflicts: the same set, the same hint (256 pages further), the same 2 MiB page. No page
// is cached at both sizes: what a machine does then is undefined.
const isLargePage = (each: number) => each >= 1024
const page = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(2, 4, 6, 8, 10, 12) },
  { weight: 1, arbitrary: fc.constantFrom(1, 3, 2 + 256, 4 + 256, 2 + 512) },
  { weight: 2, arbitrary: fc.constantFrom(1024, 1030, 2048, 3072, 4096, 4097, 1024 + 256 * 512, 0x40000000) },
)
const tag = fc.oneof(
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.constantFrom(0, 2) },
)
const entry = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(0, WRITABLE, USER, WRITABLE | USER | DIRTY))
  .map(([frame, bits]) => frame * 512 * 4096 + (PRESENT | bits))

const command = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('fill' as const), page, tag, entry }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('lookup' as const), page, tag }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('hits' as const),
      page,
      tag,
      count: fc.integer({ min: 1, max: 4 }),
      need: fc.constantFrom(PRESENT, PRESENT | WRITABLE, PRESENT | USER | WRITABLE | DIRTY),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('drop' as const), page, tag }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dropTag' as const), tag }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dropAll' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('holdsStale' as const),
      page,
      tag,
      age: fc.integer({ min: 0, max: 12 }),
      frame: fc.constantFrom(-1, 512, 514, 1024),
      allowed: fc.constantFrom(0, PRESENT, PRESENT | USER),
    }),
  },
)

describe('a TLB', () => {
  test('answers as a map of its pages by set, first in first out', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 120, size: 'max' }), (commands) => {
        const tlb = new Tlb(TINY)
        const naive = new NaiveTlb(TINY)
        let clock = 0
        for (const step of commands) {
          clock++
          switch (step.do) {
            case 'fill':
              tlb.fill(step.page, step.entry, isLargePage(step.page), clock, tlb.epochOf(step.tag))
              naive.fill(step.page, step.entry, isLargePage(step.page), clock, step.tag)
              break
            case 'lookup': {
              const expected = naive.lookup(step.page, step.tag)
              expect(tlb.lookup(step.page, tlb.epochOf(step.tag))).toBe(expected !== undefined)
              if (expected === undefined) break
              expect([tlb.found, tlb.foundFirst]).toEqual([expected.entry, expected.isFirst])
              // What was just found is a hit from now on, exactly as far as its permissions go.
              const isWritable = (expected.entry & WRITABLE) !== 0
              const writes = tlb.hits(step.page, 1, PRESENT | WRITABLE, tlb.epochOf(step.tag))
              expect(writes).toBe(isWritable ? 1 : 0)
              expect(tlb.hits(step.page, 1, PRESENT, tlb.epochOf(step.tag))).toBe(1)
              break
            }
            case 'hits': {
              const before = tlb.version
              const hits = tlb.hits(step.page, step.count, step.need, tlb.epochOf(step.tag))
              expect(hits).toBeLessThanOrEqual(step.count)
              expect(tlb.version).toBe(before)
              // Hints may forget, but what they say must be so.
              for (let at = step.page; at < step.page + hits; at++) {
                const kept = naive.inFirst(at, step.tag)
                const large = naive.large.find(
                  Math.floor(at / 512),
                  `L${Math.floor(at / 512)}`,
                  naive.life(step.tag),
                )
                const allows = (one: Kept | undefined) =>
                  one !== undefined && (one.entry & step.need) === step.need
                expect(allows(kept) || allows(large)).toBe(true)
              }
              break
            }
            case 'drop':
              tlb.drop(step.page, tlb.epochOf(step.tag))
              naive.drop(step.page, step.tag)
              break
            case 'dropTag':
              tlb.dropTag(step.tag)
              naive.dropTag(step.tag)
              break
            case 'dropAll':
              tlb.dropAll()
              naive.dropAll()
              break
            case 'holdsStale': {
              const stamp = clock - step.age
              expect(
                tlb.holdsStale(step.page, tlb.epochOf(step.tag), stamp, step.frame, step.allowed, 0),
              ).toBe(naive.holdsStale(step.page, step.tag, stamp, step.frame, step.allowed))
              break
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('a page 256 further, which shares the hint, is not mistaken for it', () => {
    const tlb = new Tlb(TINY)
    const epoch = tlb.epochOf(1)
    tlb.fill(5, PRESENT | WRITABLE, false, 0, epoch)
    expect(tlb.hits(5, 1, PRESENT, epoch)).toBe(1)
    expect(tlb.hits(5 + 256, 1, PRESENT, epoch)).toBe(0)
    expect(tlb.lookup(5 + 256, epoch)).toBe(false)
    tlb.fill(5 + 256, PRESENT, false, 0, epoch)
    expect(tlb.hits(5 + 256, 1, PRESENT | WRITABLE, epoch)).toBe(0)
  })

  test('an entry keeps its age when it is copied to the first level', () => {
    const tlb = new Tlb(TINY)
    const epoch = tlb.epochOf(1)
    tlb.fill(2, PRESENT, false, 50, epoch)
    // Four more pages of its set displace it from the first level.
    for (const other of [4, 6, 8, 10]) tlb.fill(other, PRESENT, false, 60, epoch)
    expect([tlb.lookup(2, epoch), tlb.foundFirst]).toEqual([true, false])
    expect([tlb.lookup(2, epoch), tlb.foundFirst]).toEqual([true, true])
    expect(tlb.holdsStale(2, epoch, 50, -1, 0, 0)).toBe(false)
    expect(tlb.holdsStale(2, epoch, 51, -1, 0, 0)).toBe(true)
  })

  test('a dropped tag never sees its old entries again, however often it is dropped', () => {
    const tlb = new Tlb(TINY)
    const seen = new Set<number>()
    for (let round = 0; round < 300; round++) {
      for (const each of [GLOBAL_TAG, 1, 2]) {
        const epoch = tlb.epochOf(each)
        expect(seen.has(epoch)).toBe(false)
        seen.add(epoch)
        expect(tlb.lookup(7, epoch)).toBe(false)
        tlb.fill(7, PRESENT, false, 0, epoch)
      }
      tlb.dropAll()
    }
  })

  test('has the size that the profile says', () => {
    const { profile } = loadProfile('icelake-2s64c', [])
    const { smallEntries, smallWays, secondWays } = profile.tlb
    const tlb = new Tlb(
      Object.fromEntries(
        Object.entries(profile.tlb).map(([name, { value }]) => [name, value]),
      ) as unknown as TlbGeometry,
    )
    const epoch = tlb.epochOf(1)
    const pages = Array.from({ length: smallEntries.value }, (_, index) => 1 + index)
    for (const each of pages) tlb.fill(each, PRESENT, false, 0, epoch)
    // As many neighbouring pages as there are entries fill every set and displace nobody.
    expect(tlb.hits(1, pages.length, PRESENT, epoch)).toBe(pages.length)
    // One more page of a set displaces its oldest from the first level; the second level still has it.
    const sets = smallEntries.value / smallWays.value
    tlb.fill(1 + sets * smallWays.value, PRESENT, false, 0, epoch)
    expect(secondWays.value).toBeGreaterThan(smallWays.value)
    expect(tlb.lookup(1, epoch)).toBe(true)
    expect(tlb.foundFirst).toBe(false)
    expect(tlb.lookup(1, epoch)).toBe(true)
    expect(tlb.foundFirst).toBe(true)
  })
})
