import { describe, expect, test } from 'vitest'
import { ACCESSED, DIRECT_MAP_BASE, PRESENT, USER } from '../dist/src/contract/page.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { checkStrategyModule } from '../dist/src/harness/moduleShape.js'
import { resolveParameters } from '../dist/src/harness/parameters.js'
import { parseSpecs } from '../dist/src/harness/spec.js'
import { strategyParameters, withPossibleSkips } from '../dist/src/harness/skipOption.js'
import { PlainMemory } from '../dist/src/engines/plainMemory.js'
import { missingHardware } from '../dist/src/machine/hardware.js'
import { Layout } from '../dist/src/machine/layout.js'
import { OwnPages } from '../dist/src/machine/ownTable.js'
import { listProfiles, loadProfile } from '../dist/src/machine/profile.js'
import { StructureCache } from '../dist/src/machine/structureCache.js'
import { TABLE_WORDS, Tables } from '../dist/src/machine/tables.js'
import { Walker } from '../dist/src/machine/walker.js'
import { invariantsOf, loadStrategy, simCell } from './support/runCell.js'

describe('OwnPages', () => {
  const filled = (...pages: number[]) => {
    const own = new OwnPages()
    for (const page of pages) own.fill(page)
    return own
  }
  const left = (own: OwnPages) => [1, 2, 3, 900].filter((page) => own.has(page))

  test('a range that is shorter than what is there, and one that is longer', () => {
    const short = filled(1, 2, 3, 900)
    expect([short.drop(2, 2), left(short)]).toEqual([2, [1, 900]])
    const long = filled(1, 2, 3, 900)
    expect([long.drop(2, 0x7fffffff - 2), left(long)]).toEqual([3, [1]])
    expect([long.drop(5, 1), left(long)]).toEqual([0, [1]])
  })
})

describe('the walker', () => {
  const machine = () => {
    const layout = new Layout()
    const next = layout.run('next', 1)
    const base = layout.run('tables', 8 * TABLE_WORDS)
    const memory = new PlainMemory(new Int32Array(layout.wordCount))
    const tables = new Tables(memory, base, 8, next)
    const own = new OwnPages()
    const walker = new Walker(memory, tables, new StructureCache([4, 4, 4]), { charge: () => {} }, false, own)
    const root = tables.allocate()
    const enter = (page: number) => {
      const word = tables.growTo(root, page, 1)
      memory.poke(word, (7 << 12) | PRESENT | USER)
      return word
    }
    const walk = (page: number) => walker.walk(root, page, 1, PRESENT)
    return { memory, tables, own, enter, walk }
  }

  test('faults on what only the shared table has, and leaves its accessed bit alone', () => {
    const { memory, own, enter, walk } = machine()
    const word = enter(5)
    expect([walk(5), memory.peek(word) & ACCESSED]).toEqual([0, 0])
    own.fill(5)
    expect(walk(5)).toBe((7 << 12) | PRESENT | USER | ACCESSED)
    own.drop(5, 1)
    expect(walk(5)).toBe(0)
  })

  test('finds kernel mappings from the start', () => {
    const { enter, walk } = machine()
    enter(DIRECT_MAP_BASE + 3)
    expect(walk(DIRECT_MAP_BASE + 3)).not.toBe(0)
  })

  test('numbers entries over all table pages, each once', () => {
    const { tables, enter } = machine()
    const word = enter(5)
    const index = tables.entryIndex(word)
    expect(index % 512).toBe(5)
    expect(tables.entryIndex(word + 1)).toBe(index + 1)
    expect(tables.entryIndex(word + TABLE_WORDS)).toBe(index + 512)
  })
})

test('every machine can have tables per CPU', () => {
  for (const { name } of listProfiles())
    expect(missingHardware(loadProfile(name, []).profile, ['perCpuTables', 'privateFills'])).toBeUndefined()
})

describe('a strategy that does not say it needs them', () => {
  const plain = async (name: string): Promise<StrategyModule> => {
    const { needs: _, ...module } = await loadStrategy(name)
    return checkStrategyModule('plain', module)
  }

  test.each([
    ['radixvm', 'perCpuTables'],
    ['abis', 'privateFills'],
  ])('is told so: %s', async (name, hardware) => {
    const cell = { strategy: name, workload: 'munmap-storm', parameters: { ops: 1 }, cpus: 2 }
    const run = plain(name).then((module) => simCell({ ...cell, module }))
    await expect(run).rejects.toThrow(`needs: ['${hardware}']`)
  })
})

describe('the rule `untouched`', () => {
  test.each(['radixvm', 'abis'])('is refused where it is asked for by name: %s', async (name) => {
    const specs = strategyParameters(await loadStrategy(name))
    const asked = () => resolveParameters(`strategy ${name}`, specs, new Map([['skipUntouched', 1]]), false)
    expect(asked).toThrow(/skipUntouched is 1, outside 0 to 0/)
  })

  test('passes a strategy by that cannot have it', async () => {
    const given = async (typed: string, name: string, text: string) => {
      const { parameters } = withPossibleSkips(parseSpecs('', typed)[0], await loadStrategy(name), text)
      return Object.fromEntries(parameters)
    }
    expect(await given('all', 'batched', 'untouched')).toEqual({
      skipGained: 0,
      skipTorn: 0,
      skipUntouched: 1,
    })
    expect(await given('all', 'radixvm', 'untouched')).toEqual({ skipGained: 0, skipTorn: 0 })
    expect(await given('radixvm:skipUntouched=1', 'radixvm', 'gained')).toEqual({
      skipGained: 1,
      skipTorn: 0,
      skipUntouched: 1,
    })
  })
})

test('a responder that keeps the entry in its own table is found', async () => {
  const { default: module } = (await import('../dist/src/testing/defects/keeps-own-entry.js')) as {
    default: StrategyModule
  }
  const { mixedWorkload } = await import('../dist/src/testing/mixedWorkload.js')
  const result = await simCell({
    strategy: 'radixvm',
    module,
    workload: mixedWorkload(3, 60),
    cpus: 3,
    initiators: 3,
    oracle: 'full',
  })
  expect(invariantsOf(result)).not.toEqual([])
})
