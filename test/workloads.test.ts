import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, test } from 'vitest'
import type { ParameterSpec } from '../dist/src/contract/parameter.js'
import type { TapeSet } from '../dist/src/contract/tape.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { makeTapes } from '../dist/src/workloads/shared/tapeWriter.js'
import { usageErrorOf } from './support/usage.js'

const FOLDER = join(import.meta.dirname, '../dist/src/workloads')
const NAMES = [
  'direct-map-zap',
  'madvise-page',
  'mermap-read',
  'mprotect-storm',
  'munmap-storm',
  'vmalloc-churn',
  'web-server',
] as const
type Name = (typeof NAMES)[number]

const modules = new Map<string, WorkloadModule>()
for (const name of NAMES) {
  modules.set(name, ((await import(join(FOLDER, `${name}.js`))) as { default: WorkloadModule }).default)
}

interface Choice {
  cpus?: number
  initiators?: number
  readers?: number
  seed?: number
  parameters?: Record<string, number>
}

function made(name: Name, choice: Choice = {}): TapeSet {
  const { cpus = 2, initiators = 1, seed = 1 } = choice
  const module = modules.get(name)!
  const defaults = Object.entries(module.parameters).map(([key, spec]) => [key, spec.default] as const)
  const generator = xoroshiro128plus(seed)
  return makeTapes(name, module, {
    cpuCount: cpus,
    initiators,
    readers: choice.readers ?? cpus - initiators,
    parameters: { ...Object.fromEntries(defaults), ...choice.parameters },
    random: (bound) => uniformInt(generator, 0, bound - 1),
  })
}

/** Instructions of a tape, [opcode, a, b, c], with the flags still in the opcode. */
function instructions(set: TapeSet, cpu: number): number[][] {
  const { instructions: words } = set.tapes[cpu]
  return Array.from({ length: words.length / 4 }, (_, i) => [...words.subarray(i * 4, i * 4 + 4)])
}

function opcodes(set: TapeSet, cpu: number): number[] {
  return instructions(set, cpu).map(([word]) => word & 0xff)
}

test('all files of the folder are tested here', () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.js'))
  expect(files).toEqual(NAMES.map((name) => `${name}.js`))
})

describe.each(NAMES)('%s', (name) => {
  const specs: Record<string, ParameterSpec> = { ...modules.get(name)!.parameters }

  test.each([1, 2, 8, 64])('writes tapes for %d CPUs', (cpus) => {
    const set = made(name, { cpus })
    expect(set.tapes.map((tape) => tape.role)).toEqual([0, ...Array<number>(cpus - 1).fill(1)])
    expect(set.tapes[0].opCount).toBe((specs.ops?.default ?? NaN) || 2 * specs.pairs.default)
    for (const tape of set.tapes) expect(tape.instructions.at(-4)).toBe(0)
    for (const tape of set.tapes.slice(1)) expect(tape.opCount).toBe(0)
  })

  test('writes as many ops as asked for, within what a cell has time for', () => {
    for (const field of ['default', 'quick'] as const) {
      const { ops, pairs } = specs
      const expected = ops === undefined ? 2 * pairs[field]! : ops[field]!
      const key = ops === undefined ? 'pairs' : 'ops'
      const { opCount } = made(name, { parameters: { [key]: specs[key][field]! } }).tapes[0]
      expect(opCount).toBe(expected)
      expect(opCount).toBeGreaterThanOrEqual(8)
      expect(opCount).toBeLessThanOrEqual(600)
    }
  })

  test.each(Object.keys(specs))('writes tapes with %s at its bounds', (key) => {
    for (const bound of [specs[key].min, specs[key].max]) {
      // A range may be as large as its region, and the region has a bound of its own.
      const parameters = key === 'range' ? { pages: specs.pages.max, range: bound } : { [key]: bound }
      const set = made(name, { parameters })
      expect(set.tapes[0].opCount).toBeGreaterThan(0)
    }
  })

  test('writes tapes for several initiators, bystanders, and no reader at all', () => {
    const several = made(name, { cpus: 8, initiators: 3, readers: 4 })
    expect(several.tapes.map((tape) => tape.role)).toEqual([0, 0, 0, 1, 1, 1, 1, 2])
    expect(new Set(several.tapes.slice(0, 3).map((tape) => tape.opCount)).size).toBe(1)
    const alone = made(name, { cpus: 8, initiators: 8 })
    expect(alone.tapes.every((tape) => tape.role === 0)).toBe(true)
  })

  test('writes the same tapes twice', () => {
    expect(made(name, { cpus: 8, seed: 7 })).toEqual(made(name, { cpus: 8, seed: 7 }))
  })

  test.each(Object.keys(specs))('has another hash with another %s', (key) => {
    const { default: standard, max } = specs[key]
    const value = standard < max ? standard + 1 : standard - 1
    expect(made(name, { parameters: { [key]: value } }).hash).not.toBe(made(name).hash)
  })

  test('has another hash with other CPUs, and with other roles', () => {
    const hashes = [
      made(name, { cpus: 8 }),
      made(name, { cpus: 7 }),
      made(name, { cpus: 8, initiators: 2 }),
      made(name, { cpus: 8, readers: 6 }),
    ].map((set) => set.hash)
    expect(new Set(hashes).size).toBe(hashes.length)
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/)
  })

  test('depends on the seed exactly where it draws', () => {
    const draws = ['mermap-read', 'mprotect-storm', 'web-server'].includes(name)
    expect(made(name, { seed: 1 }).hash !== made(name, { seed: 2 }).hash).toBe(draws)
  })

  test('has readers that only read, but for the writers of mprotect-storm', () => {
    const writes = instructions(made(name, { cpus: 3 }), 2).filter(([word]) => word === (5 | (1 << 8)))
    expect(writes.length > 0).toBe(name === 'mprotect-storm')
    const changing = new Set([2, 3, 4])
    expect(opcodes(made(name, { cpus: 3 }), 2).some((opcode) => changing.has(opcode))).toBe(false)
  })
})

describe('one op of', () => {
  test('munmap-storm is the unmap and nothing else', () => {
    const set = made('munmap-storm')
    // Setup: a neighbour stays mapped. Body: loop, map, write, awaitReaders, op(unmap), pause.
    expect(opcodes(set, 0)).toEqual([1, 5, 11, 1, 5, 14, 7, 2, 8, 9, 12, 0])
    expect(set.maxOperationPages).toBe(16)
    // The reader reads its own set, the initiator's pages, and works.
    expect(opcodes(set, 1)).toEqual([1, 5, 5, 5, 10, 0])
  })

  test('madvise-page is the advise and the read-back, and the laps end where the ops end', () => {
    const set = made('madvise-page', { parameters: { pages: 3, ops: 7 } })
    const page = [5, 7, 4, 5, 8]
    expect(opcodes(set, 0)).toEqual([1, 5, 11, ...page, ...page, ...page, 12, ...page, 0])
    expect(instructions(set, 0)[3]).toEqual([5 | (1 << 8), 0, 0, 1])
    expect(set.tapes[0].opCount).toBe(7)
    expect(opcodes(set, 1)).toEqual([1, 5, 5, 10, 0])
    expect(opcodes(made('madvise-page', { parameters: { shared: 1 } }), 1)).toEqual([1, 5, 5, 5, 10, 0])
  })

  test('mprotect-storm is one protect, taking first', () => {
    const tape = instructions(made('mprotect-storm', { parameters: { pairs: 5, pages: 20, range: 4 } }), 0)
    const protects = tape.filter(([word]) => (word & 0xff) === 3)
    expect(protects.map(([word]) => word >>> 8)).toEqual([0, 2, 0, 2, 0, 2, 0, 2, 0, 2])
    for (let i = 0; i < protects.length; i += 2) {
      expect(protects[i].slice(1)).toEqual(protects[i + 1].slice(1))
      expect(protects[i][2] + protects[i][3]).toBeLessThanOrEqual(20)
    }
  })

  test('direct-map-zap is one write to a page that is not there, in a space of the guest', () => {
    const set = made('direct-map-zap', { cpus: 3, initiators: 2, parameters: { pages: 2, ops: 5 } })
    const lap = (ops: number) => [1, ...Array.from({ length: ops }, () => [7, 5, 8]).flat(), 2]
    expect(opcodes(set, 0)).toEqual([17, 11, ...lap(2), 12, ...lap(1), 0])
    expect(instructions(set, 1)[0]).toEqual([17, 3, 0, 0])
    expect(instructions(set, 0)[2][3]).toBe(2 | (2 << 8))
    expect(set.spaceCount).toBe(4)
    expect(instructions(set, 2)).toContainEqual([6, 0, 0, 64])
  })

  test('vmalloc-churn maps, writes, lets all read and frees: only the free is timed', () => {
    const tape = instructions(made('vmalloc-churn', { cpus: 3 }), 0)
    const [write, kindVmalloc] = [22 | (1 << 8), 3 << 8]
    const [, [, , pages, flags]] = tape
    expect(flags & 0xff00).toBe(kindVmalloc)
    expect(tape.map(([word]) => word)).toEqual([11, 1, write, 14, 7, 2, 8, 12, 0])
    // Each reader reads the range in kernel mode, after its own pages.
    expect(instructions(made('vmalloc-churn', { cpus: 3 }), 2)).toContainEqual([22, 0, 0, pages])
  })

  test('web-server is a whole request, with 1 to 3 pages', () => {
    const tape = instructions(made('web-server'), 0)
    expect(tape.slice(0, 7).map(([word]) => word)).toEqual([7, 1, 5, 10, 2, 8, 9])
    const sizes = tape.filter(([word]) => word === 1).map(([, , pages]) => pages)
    expect(new Set(sizes)).toEqual(new Set([1, 2, 3]))
  })
})

test('mprotect-storm refuses a range larger than its region', async () => {
  const parameters = { pages: 3, range: 4 }
  const message = await usageErrorOf(() => made('mprotect-storm', { parameters }))
  expect(message).toContain('range 4 is larger than the region of 3 pages')
})
