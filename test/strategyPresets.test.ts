import { describe, expect, test } from 'vitest'
import type { ParameterSpec } from '../dist/src/contract/parameter.js'
import { givenBy, namedLike, resolveParameters } from '../dist/src/harness/parameters.js'
import { listText } from '../dist/src/harness/list.js'
import { loadStrategy } from '../dist/src/harness/loadModule.js'
import { checkStrategyModule } from '../dist/src/harness/moduleShape.js'
import { parseSpecs } from '../dist/src/harness/spec.js'
import { moduleNames } from '../dist/src/registry.js'
import { loadSubjects } from '../dist/src/testing/subject.js'
import { usageErrorOf } from './support/usage.js'

const spec = (standard: number): ParameterSpec => ({
  default: standard,
  min: 0,
  max: 100,
  unit: '',
  summary: '',
  source: '',
})
const SPECS = { ring: spec(8), sweeps: { ...spec(2), quick: 1 } }
const PRESETS = { small: { summary: '', source: '', values: { ring: 1, sweeps: 2 } } }

function resolved(text: string, quick = false) {
  const [entry] = parseSpecs('--strategy', text)
  return resolveParameters('strategy x', SPECS, givenBy('strategy x', entry, PRESETS), quick)
}

describe('a preset', () => {
  test('sets its values; what follows it changes them, and only what is no default is shown', () => {
    expect(resolved('x:preset=small')).toEqual({ values: { ring: 1, sweeps: 2 }, shown: { ring: 1 } })
    expect(resolved('x:preset=small;sweeps=5').shown).toEqual({ ring: 1, sweeps: 5 })
    expect(resolved('x:preset=small;ring=8').shown).toEqual({})
  })

  test('wins over the values of --quick', () => {
    expect(resolved('x', true).values).toEqual({ ring: 8, sweeps: 1 })
    expect(resolved('x:preset=small', true).values).toEqual({ ring: 1, sweeps: 2 })
  })

  test.each([
    ['x:preset=smal', "unknown preset 'smal'\nknown: small\ndid you mean small?"],
    ['x:preset=', "unknown preset ''"],
    ['x:ring=2;preset=small', 'preset does not stand first\nwrite NAME:preset=small;...'],
    ['x:preset=small;preset=small', 'preset does not stand first'],
    ['x:preset=small;ring=101', 'ring is 101, outside 0 to 100'],
  ])('%s is refused', async (text, reason) => {
    expect(await usageErrorOf(() => resolved(text))).toContain(reason)
  })

  test('of a module that has none is refused', async () => {
    const [entry] = parseSpecs('--workload', 'munmap-storm:preset=small')
    const message = await usageErrorOf(() => givenBy('workload munmap-storm', entry, undefined))
    expect(message).toBe(
      'workload munmap-storm\nit has no presets, so preset=small cannot be taken\nleave the preset out',
    )
  })
})

describe('a module with presets', () => {
  const withPresets = async (presets: unknown, more = {}) => {
    const module = await loadStrategy('immediate')
    return () => checkStrategyModule('strategy x', { ...module.module, ...more, presets })
  }

  test.each([
    [null, 'presets of its module is no object'],
    [{ A: {} }, "preset 'A' is no name of a preset"],
    [{ a: null }, "preset 'a': summary is no text"],
    [{ a: { summary: '', source: '' } }, "preset 'a' has no values"],
    [{ a: { summary: '', source: '', values: { ring: 1 } } }, 'it has no parameters, so ring cannot be set'],
  ])('%j is refused', async (presets, reason) => {
    expect(await usageErrorOf(await withPresets(presets))).toContain(reason)
  })

  test('out of the bounds of a parameter is refused, and so is a parameter of that name', async () => {
    const values = { ring: 101 }
    const outside = await withPresets({ a: { summary: '', source: '', values } }, { parameters: SPECS })
    expect(await usageErrorOf(outside)).toContain('ring is 101, outside 0 to 100')
    const named = await withPresets(undefined, { parameters: { preset: spec(1) } })
    expect(await usageErrorOf(named)).toContain("parameter 'preset' is what names a preset")
  })
})

describe('those that are shipped', () => {
  test('are listed with what they set and promise', async () => {
    const text = await listText('strategies', 'table')
    expect(text).toContain('      preset=guest-memory [bounded] (count=512;ageUs=5000000): ')
    expect(text).toContain('      preset=released [none] (ring=256;freeAtOnce=1): ')
    expect(text).toContain('      preset=cortenmm [none] (ring=64;sweeps=1;countFirst=1): ')
    const json = JSON.parse(await listText('strategies', 'json')) as {
      strategies: { name: string; presets?: Record<string, { contract: string }> }[]
    }
    const lazy = json.strategies.find(({ name }) => name === 'lazy')
    expect(lazy?.presets?.['released'].contract).toBe('none')
    expect(json.strategies.find(({ name }) => name === 'immediate')).not.toHaveProperty('presets')
  })

  test('can be taken by every command that names a strategy', async () => {
    for (const name of moduleNames('strategy')) {
      const { presets } = (await loadStrategy(name)).module
      for (const [preset, { values }] of Object.entries(presets ?? {})) {
        const [subject] = await loadSubjects(`${name}:preset=${preset}`)
        for (const [parameter, value] of Object.entries(values))
          expect(subject.parameters).toHaveProperty(namedLike(subject.module.parameters, parameter), value)
        // As it is typed again, the values stand there and not the name.
        expect(subject.spec).not.toContain('preset')
      }
    }
  })
})
