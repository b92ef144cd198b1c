import { strategyParameters } from '../dist/src/harness/skipOption.js'
import { readdirSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { checkStrategyModule } from '../dist/src/harness/moduleShape.js'
import { moduleNames } from '../dist/src/registry.js'
import type { Defect } from '../dist/src/testing/defect.js'
import { mixedWorkload } from '../dist/src/testing/mixedWorkload.js'

import { invariantsOf, OWN_WORKLOADS, ROOT, simCell, type CellOptions } from './support/runCell.js'

interface Loaded {
  default: StrategyModule
  defect: Defect
}

const folder = (name: string) => resolve(ROOT, 'dist/src/testing', name)
const namesIn = (name: string) =>
  readdirSync(folder(name))
    .filter((file) => file.endsWith('.js'))
    .map((file) => basename(file, '.js'))

const load = (kind: string, name: string) =>
  import(pathToFileURL(resolve(folder(kind), `${name}.js`)).href) as Promise<Loaded>

const DEFECTS = namesIn('defects')
const BASES = namesIn('bases')

describe('the collection', () => {
  test('has at least 24 defects, and a base for each', () => {
    expect(DEFECTS.length).toBeGreaterThanOrEqual(24)
  })

  test.each(DEFECTS)('%s is a strategy with its facts', async (name) => {
    const { default: module, defect } = await load('defects', name)
    checkStrategyModule(name, module)
    expect(module.summary).toMatch(/^a planted defect: /)
    // Names are unique because they are those of the files.
    expect(defect.name).toBe(name)
    expect([...moduleNames('strategy'), ...BASES]).toContain(defect.base)
    expect(defect.trap).not.toBe('')
    expect(defect.breaks).toMatch(/\.$/)
    expect(defect.expects.length).toBeGreaterThan(0)
    expect(defect.needs.operations.length).toBeGreaterThan(0)
    expect(defect.needs.cpus).toBeGreaterThanOrEqual(2)
    for (const parameter of Object.keys(defect.needs.parameters ?? {}))
      expect(strategyParameters(module)).toHaveProperty(parameter)
  })

  test.each(BASES)('%s is a strategy', async (name) => {
    const { default: module } = await load('bases', name)
    expect(checkStrategyModule(name, module)).toBe(module)
  })
})

/** Everybody does everything, so that changes meet; small frames, a ring of one slot, an early wrap. */
function mixed(name: string, module: StrategyModule, seed: number, cpus: number, given = {}): CellOptions {
  const small = Object.hasOwn(module.parameters, 'tickUs') ? { tickUs: 10 } : {}
  return {
    strategy: name,
    module,
    strategyParameters: { ...small, ...given },
    workload: mixedWorkload(3, 60),
    cpus,
    initiators: cpus,
    seed,
    oracle: 'full',
  }
}

describe('the bases are not reported', () => {
  const SMALLEST: Record<string, Record<string, number>> = {}

  test.each(BASES)('%s, mixed', async (name) => {
    const { default: module } = await load('bases', name)
    for (const seed of [1]) {
      for (const cpus of [2, 3, 4]) {
        expect(invariantsOf(await simCell(mixed(name, module, seed, cpus)))).toEqual([])
        expect(invariantsOf(await simCell(mixed(name, module, seed, cpus, SMALLEST[name])))).toEqual([])
      }
    }
  })

  test.each(BASES)('%s on the shipped workloads', async (name) => {
    const { default: module } = await load('bases', name)
    for (const workload of OWN_WORKLOADS) {
      const cell: CellOptions = { strategy: name, module, workload, cpus: 4, initiators: 2, oracle: 'full' }
      expect(
        invariantsOf(await simCell({ ...cell, parameters: workload === 'mprotect-storm' ? {} : { ops: 8 } })),
      ).toEqual([])
    }
  })
})

/** Found in virtual time, by what and in which of the seeds; all others wait for a search of interleavings. */
describe('defects that one schedule shows', () => {
  const SEEDS = [1, 2, 3, 4]

  test.each<[string, string]>([
    ['address-before-purge', 'I2'],
    ['covered-by-own-ring', 'I2'],
    ['cuts-at-ceiling', 'I6'],
    ['free-after-noted-epoch', 'I11'],
    ['generation-wraps', 'I1'],
    ['ignores-foreign-owners', 'I2'],
    ['keeps-tag', 'I1'],
    ['loses-last-page', 'I6'],
    ['nested-resets', 'I6'],
    ['never-flush', 'I6'],
    ['no-wait', 'I6'],
    ['notes-current-after-partial', 'I6'],
    ['partial-over-gap', 'I11'],
    ['revoke-is-relaxed', 'I3'],
    ['ring-full-ignored', 'I11'],
    ['serial-after-round', 'I11'],
    ['settles-bystanders', 'I11'],
    ['settles-first', 'I11'],
    ['settles-first-batched', 'I11'],
    ['skips-self', 'I6'],
    ['stamp-less', 'I2'],
    ['wrap-ignored', 'I2'],
    ['wrong-stride', 'I6'],
  ])('%s: %s', async (name, invariant) => {
    const { default: module, defect } = await load('defects', name)
    expect(defect.expects).toContain(invariant)
    const found = new Set<string>()
    for (const seed of SEEDS) {
      for (const cpus of [2, 3, 4]) {
        if (found.has(invariant)) return
        const result = await simCell(mixed(name, module, seed, cpus, defect.needs.parameters))
        for (const each of invariantsOf(result)) found.add(each)
      }
    }
    expect([...found]).toContain(invariant)
  })

  test('kernel-to-holders: I3, where readers look through the direct map', async () => {
    const { default: module } = await load('defects', 'kernel-to-holders')
    const result = await simCell({
      strategy: 'kernel-to-holders',
      module,
      workload: 'direct-map-zap',
      parameters: { pages: 8, ops: 16, directFrames: 1024 },
      profileSets: ['memory.frames=1024'],
      cpus: 2,
      oracle: 'full',
    })
    expect(invariantsOf(result)).toContain('I3')
  })

  test.each<[string, number]>([
    ['left-and-silent', 2],
    ['queue-full-ignored', 3],
    ['serves-one', 3],
    ['shared-countdown', 2],
  ])('%s: I8', async (name, cpus) => {
    const { default: module, defect } = await load('defects', name)
    expect(defect.expects).toContain('I8')
    await expect(simCell(mixed(name, module, 1, cpus, defect.needs.parameters))).rejects.toThrow(
      /no CPU can go on|nothing got further/,
    )
  })
})
