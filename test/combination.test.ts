import { describe, expect, test } from 'vitest'
import { KIND_DIRECT_MAP, KIND_NAMES, KIND_USER } from '../dist/src/contract/change.js'
import { combine } from '../dist/src/pagetable/combination.js'
import { invariantsOf, loadStrategy, simCell, threadsCell, type CellOptions } from './support/runCell.js'
import { mixedWorkload } from '../dist/src/testing/mixedWorkload.js'

const CPUS = 4

const zap = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: 'direct-map-zap',
  parameters: { pages: 8, ops: 8, directFrames: 4 },
  cpus: CPUS,
  ...more,
})

const storm = (strategy: string): CellOptions => ({
  strategy,
  workload: 'munmap-storm',
  parameters: { pages: 3, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  cpus: CPUS,
})

async function roundsOf(options: CellOptions) {
  const { figures, violationCount } = await simCell(options)
  const { ipis, flushRounds, pagesInvalidated, fullFlushes } = figures
  return { ipis, flushRounds, pagesInvalidated, fullFlushes, violationCount }
}

describe('each kind of mapping is flushed by its own part', () => {
  // One page at a time in `immediate`, one operation in `batched`: an unmap of p = 3 pages tells them apart.
  test('user memory by the fallback', async () => {
    const [ops, pages] = [5, 3]
    const batched = { ipis: ops * (CPUS - 1), flushRounds: ops, pagesInvalidated: ops * pages * CPUS }
    expect(await roundsOf(storm('direct-immediate+batched'))).toMatchObject(batched)
    const immediate = { ipis: ops * pages * (CPUS - 1), flushRounds: ops * pages }
    expect(await roundsOf(storm('direct-batched+immediate'))).toMatchObject(immediate)
  })

  test('the direct map by its strategy: one that flushes nothing leaves stale pages of the kernel, and no others', async () => {
    // Readers go through the page tables and most of the frames that guests get.
    const more: Partial<CellOptions> = { oracle: 'full', profileSets: ['memory.frames=128'] }
    const options = zap('direct-never+linux', more)
    const result = await simCell({ ...options, parameters: { ...options.parameters, directFrames: 700 } })
    // And nothing of it is settled in the end.
    expect(invariantsOf(result)).toEqual(['I3', 'I9'])
    for (const { space } of result.violations) expect(space).toBe(0)
    expect(invariantsOf(await simCell({ ...storm('direct-never+linux'), oracle: 'full' }))).toEqual([])
  })

  test('a round of all other CPUs for each page that leaves the direct map, and none for the region of a guest', async () => {
    const counts = await roundsOf(zap('direct-immediate+linux', { oracle: 'full' }))
    expect(counts).toMatchObject({ ipis: 8 * (CPUS - 1), flushRounds: 8, violationCount: 0 })
  })

  test('a strategy for some kinds only that is named alone has batched for the rest', async () => {
    expect(await roundsOf(storm('direct-immediate'))).toEqual(
      await roundsOf(storm('direct-immediate+batched')),
    )
  })
})

describe('changes of both parts in one operation', () => {
  const mixed = (strategy: string): CellOptions => ({
    strategy,
    workload: mixedWorkload(3, 40),
    cpus: 3,
    initiators: 3,
    readers: 0,
    oracle: 'full',
  })

  test.each([
    'direct-batched+linux',
    'direct-batched+batched',
    'direct-batched+lazy',
    'direct-immediate+lazy',
    'direct-batched+luf',
    'direct-immediate+mach-stall',
  ])('%s settles all of them', async (strategy) => {
    const { violations } = await simCell(mixed(strategy))
    expect(violations).toEqual([])
  })

  test('serials near the wrap, in both sequences', async () => {
    const { violations } = await simCell({ ...mixed('direct-batched+linux'), serialStart: -3 })
    expect(violations).toEqual([])
  })

  test('on threads', async () => {
    const zaps = zap('direct-batched+linux', { oracle: 'full', cpus: 2, isOversubscribed: true })
    expect((await threadsCell({ ...zaps, watchdogMs: 60_000 })).violations).toEqual([])
  })
})

describe('the module', () => {
  test('has the parameters and words of its parts, with their names in front', async () => {
    const module = await loadStrategy('direct-batched+linux')
    expect(Object.keys(module.parameters)).toEqual(
      expect.arrayContaining(['direct-batched.ceiling', 'linux.ceiling', 'linux.tags']),
    )
    const given = { 'direct-batched.ceiling': 2, 'linux.tags': 1 }
    const shape = { cpuCount: 2, spaceCount: 2 }
    const words = Object.keys(module.words(shape, given))
    expect(words).toEqual(expect.arrayContaining(['direct-batched.request', 'linux.request']))
  })

  test('promises what the weakest of its parts promises, and needs what any of them needs', async () => {
    const part = async (name: string) => ({ name, module: await loadStrategy(name) })
    const of = async (first: string, last: string) => {
      const { module, name } = await part(first)
      return combine([{ name, module: { ...module, handles: [KIND_DIRECT_MAP] } }, await part(last)])
    }
    const contractOf = async (first: string, last: string) => {
      const module = await of(first, last)
      const values = Object.fromEntries(
        Object.entries(module.parameters).map(([name, spec]) => [name, spec.default]),
      )
      return module.contract(values)
    }
    expect(await contractOf('immediate', 'linux')).toBe('return')
    expect(await contractOf('immediate', 'lazy')).toBe('reuse')
    expect(await contractOf('lazy', 'immediate')).toBe('reuse')
    expect(await contractOf('never', 'lazy')).toBe('none')
    expect((await of('invlpgb', 'linux')).needs).toEqual(['invlpgb'])
    expect((await of('linux', 'invlpgb')).needs).toEqual(['invlpgb'])
    const { parts } = await of('immediate', 'linux')
    expect(KIND_NAMES.map((_, kind) => parts.ofKind[kind])).toEqual(
      KIND_NAMES.map((_, kind) => (kind === KIND_DIRECT_MAP ? 0 : 1)),
    )
    expect(parts.ofKind[KIND_USER]).toBe(1)
  })
})
