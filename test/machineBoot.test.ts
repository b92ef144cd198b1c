import { describe, expect, test } from 'vitest'
import { boot } from '../dist/src/machine/boot.js'
import { Frames, OWNER_FREE, OWNER_TABLE } from '../dist/src/machine/frames.js'
import { Layout } from '../dist/src/machine/layout.js'
import { loadProfile } from '../dist/src/machine/profile.js'
import { Tables } from '../dist/src/machine/tables.js'
import { firstPoolFrame, placeMachine, SPACE_ROOT, type MachineConfig } from '../dist/src/machine/words.js'
import { UsageError } from '../dist/src/contract/usageError.js'
import { PlainMemory } from './support/bareKernel.js'

const PRESENT = 1
const WRITABLE = 2
const USER = 4
const LARGE = 128
const DIRECT_MAP = 2 ** 30
const FRAMES = 700

function config(sets: string[] = []): MachineConfig {
  const { profile } = loadProfile('icelake-2s64c', [`memory.frames=${FRAMES}`, ...sets])
  return {
    cpuCount: 3,
    spaceCount: 3,
    handleCount: 2,
    maxOperationPages: 4,
    profile,
    hasVmalloc: false,
    partCount: 1,
    serialStart: -7,
  }
}

/** A stream of numbers that only its seed decides. */
function stream(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

function booted(seed: number) {
  const layout = new Layout()
  const placed = placeMachine(layout, config())
  const memory = new PlainMemory(new Int32Array(layout.wordCount))
  boot(memory, placed, config(), stream(seed))
  const frames = new Frames(memory, placed.frames)
  const tables = new Tables(memory, placed.tables, placed.tableCount, placed.nextTable)
  return { placed, memory, frames, tables }
}

function poolOf({ placed, frames }: ReturnType<typeof booted>): number[] {
  const pool: number[] = []
  for (let frame = frames.take(placed.pool); frame >= 0; frame = frames.take(placed.pool)) pool.push(frame)
  return pool
}

describe('boot', () => {
  test('puts every frame that is not a table on the pool, once and in an order that the seed decides', () => {
    const machine = booted(1)
    const first = firstPoolFrame(machine.placed)
    const all = Array.from({ length: FRAMES }, (_, index) => first + index)
    for (const frame of all) expect(machine.frames.owner(frame)).toBe(OWNER_FREE)
    for (let table = 0; table < first; table++) expect(machine.frames.owner(table)).toBe(OWNER_TABLE)
    expect(machine.frames.count(machine.placed.pool)).toBe(FRAMES)
    const pool = poolOf(machine)
    expect([...pool].sort((a, b) => a - b)).toEqual(all)
    expect(pool).not.toEqual(all)
    expect(poolOf(booted(2))).not.toEqual(pool)
  })

  test('is the same, word by word, for the same seed', () => {
    const [a, b] = [booted(1), booted(1)]
    expect(Buffer.from(a.memory.words.buffer).equals(Buffer.from(b.memory.words.buffer))).toBe(true)
  })

  test('maps every frame at its own page of the direct map, under every root, for the kernel only', () => {
    const { placed, memory, tables } = booted(1)
    const end = firstPoolFrame(placed) + FRAMES
    const wrong: string[] = []
    for (let space = 0; space < 3; space++) {
      const root = memory.words[placed.spaces.base + space * placed.spaces.stride + SPACE_ROOT]
      for (let frame = 0; frame < end; frame++) {
        const entry = memory.words[tables.leafWord(root, DIRECT_MAP + frame)]
        const reached = (entry >>> 12) + ((entry & LARGE) === 0 ? 0 : frame % 512)
        const flags = entry & (PRESENT | WRITABLE | USER)
        if (reached !== frame || flags !== (PRESENT | WRITABLE)) wrong.push(`${space}: ${frame}`)
        // Single frames of the pool are taken out of the direct map: a large page could not give them.
        if (frame >= firstPoolFrame(placed) && (entry & LARGE) !== 0) wrong.push(`${frame} is large`)
      }
      expect(tables.leafWord(root, 1)).toBe(0)
    }
    expect(wrong).toEqual([])
    expect(placed.tableCount).toBeGreaterThan(memory.words[placed.nextTable])
  })

  test('starts every CPU with the same serial, everything before it settled', () => {
    const { placed, memory } = booted(1)
    for (let cpu = 0; cpu < 3; cpu++) {
      expect(memory.words[placed.issued.base + cpu * placed.issued.stride]).toBe(-7)
      expect(memory.words[placed.watermark.base + cpu * placed.watermark.stride]).toBe(-7)
    }
  })

  test('refuses more frames than an entry can name', () => {
    // The frame number has 20 bits, and table pages are frames as well: 2^20 more do not fit.
    const tooMany = config([`memory.frames=${2 ** 20}`])
    expect(() => placeMachine(new Layout(), tooMany)).toThrow(UsageError)
    expect(() => placeMachine(new Layout(), tooMany)).toThrow('memory.frames')
  })
})
