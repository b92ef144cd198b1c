import { describe, expect, test } from 'vitest'
import { parseCpus, parseEngines, parseRepetitions, parseSeed } from '../dist/src/harness/benchOptions.js'
import { editDistance, likelyMeant, nearestFirst } from '../dist/src/harness/nearest.js'
import { resolveParameters } from '../dist/src/harness/parameters.js'
import { asTyped, shellWord } from '../dist/src/harness/quote.js'
import { resolveRoles } from '../dist/src/harness/roles.js'
import { parseSpecs } from '../dist/src/harness/spec.js'
import { usageErrorOf } from './support/usage.js'

const parsed = (text: string) =>
  parseSpecs('--strategy', text).map(({ name, parameters }) => [name, Object.fromEntries(parameters)])

describe('a list of strategies or workloads', () => {
  test.each([
    ['immediate', [['immediate', {}]]],
    [
      'immediate,batched:ceiling=64',
      [
        ['immediate', {}],
        ['batched', { ceiling: 64 }],
      ],
    ],
    ['munmap-storm:pages=4;readers=2', [['munmap-storm', { pages: 4, readers: 2 }]]],
    [
      'batched:ceiling=1,batched:ceiling=2',
      [
        ['batched', { ceiling: 1 }],
        ['batched', { ceiling: 2 }],
      ],
    ],
    [' batched : ceiling = 8 ', [['batched', { ceiling: 8 }]]],
    ['./a:b.js:limit=-3', [['./a:b.js', { limit: -3 }]]],
    ['/x/y.mjs', [['/x/y.mjs', {}]]],
  ])('%s', (text, expected) => {
    expect(parsed(text)).toEqual(expected)
  })

  test.each([
    ['batched:ceiling', "'ceiling' is not parameter=value"],
    ['batched:', "'' is not parameter=value"],
    ['batched:a=1;', "'' is not parameter=value"],
    ['batched:a=1;a=2', "parameter 'a' is given twice"],
    ['batched:a=1e3', "parameter a is '1e3', not a whole number"],
    ['batched:a=0x10', "parameter a is '0x10', not a whole number"],
    ['batched:a=99999999999999999999', 'not a whole number'],
    [':a=1', 'no name stands before the colon'],
    ['a,,b', 'an entry of the list is empty'],
    ['', 'an entry of the list is empty'],
    ['linux+', 'a part of the combination has no name'],
    ['+linux', 'a part of the combination has no name'],
  ])('refuses %s', async (text, reason) => {
    expect(await usageErrorOf(() => parseSpecs('--strategy', text))).toContain(reason)
  })
})

describe('parameters', () => {
  const spec = (more: object) => ({
    default: 8,
    min: 1,
    max: 64,
    unit: 'pages',
    summary: '',
    source: '',
    ...more,
  })
  const specs = { ceiling: spec({}), slots: spec({ quick: 2 }) }
  const resolve = (given: Record<string, number>, quick = false) =>
    resolveParameters('strategy x', specs, new Map(Object.entries(given)), quick)

  test('what is given wins over quick, quick over the default, and only what differs from the default is shown', () => {
    expect(resolve({})).toEqual({ values: { ceiling: 8, slots: 8 }, shown: {} })
    expect(resolve({}, true)).toEqual({ values: { ceiling: 8, slots: 2 }, shown: { slots: 2 } })
    expect(resolve({ slots: 8 }, true)).toEqual({ values: { ceiling: 8, slots: 8 }, shown: {} })
    expect(resolve({ ceiling: 64, slots: 1 }, true).shown).toEqual({ ceiling: 64, slots: 1 })
  })

  test('bounds hold, and a slip of the finger finds its name', async () => {
    expect(await usageErrorOf(() => resolve({ ceiling: 65 }))).toContain(
      'ceiling is 65, outside 1 to 64 pages',
    )
    expect(await usageErrorOf(() => resolve({ ceiling: 0 }))).toContain('for example ceiling=1')
    expect(await usageErrorOf(() => resolve({ celing: 3 }))).toMatch(
      /known: ceiling, slots\ndid you mean ceiling\?/,
    )
    expect(await usageErrorOf(() => resolve({ toString: 3 }))).toContain("unknown parameter 'toString'")
  })
})

describe('initiators and readers', () => {
  const roles = (given: Record<string, number>, cpus: number) =>
    resolveRoles('cell c', new Map(Object.entries(given)), cpus)

  test('readers are all the others unless given, and shown only when they differ from that', () => {
    expect(roles({}, 8)).toEqual({ values: { initiators: 1, readers: 7 }, shown: {} })
    expect(roles({}, 1)).toEqual({ values: { initiators: 1, readers: 0 }, shown: {} })
    expect(roles({ initiators: 3 }, 8)).toEqual({
      values: { initiators: 3, readers: 5 },
      shown: { initiators: 3 },
    })
    expect(roles({ readers: 2 }, 8)).toEqual({ values: { initiators: 1, readers: 2 }, shown: { readers: 2 } })
    expect(roles({ readers: 7 }, 8).shown).toEqual({})
  })

  test('more of them than CPUs are refused, and the cell is named', async () => {
    expect(await usageErrorOf(() => roles({ initiators: 3 }, 2))).toContain(
      'cell c\n3 initiators do not fit 2 CPUs',
    )
    expect(await usageErrorOf(() => roles({ initiators: 2, readers: 1 }, 2))).toContain('readers=0')
  })
})

describe('numbers and engines', () => {
  test('lists lose their doubles', () => {
    expect(parseCpus('8,2,8')).toEqual([8, 2])
    expect(parseEngines('threads,sim,threads')).toEqual(['threads', 'sim'])
  })

  test.each(['0', '1025', '5000', '-1', '2.5', 'two', '2,', ''])('--cpus %s is refused', async (text) => {
    expect(await usageErrorOf(() => parseCpus(text))).toContain('--cpus')
  })

  test('the ends of each range are inside', async () => {
    expect(parseCpus('1,1024')).toEqual([1, 1024])
    expect([parseSeed('0'), parseSeed('4294967295')]).toEqual([0, 4294967295])
    expect(parseRepetitions('1')).toBe(1)
    await usageErrorOf(() => parseSeed('4294967296'))
    await usageErrorOf(() => parseRepetitions('0'))
    expect(await usageErrorOf(() => parseEngines('smi'))).toContain('did you mean sim?')
  })
})

describe('names that are nearly right', () => {
  test('the distance counts slips', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(editDistance('smi', 'sim')).toBe(1)
    expect(editDistance('', 'abc')).toBe(3)
    expect(editDistance('same', 'same')).toBe(0)
  })

  test('the nearest comes first, and nothing is guessed from nothing', () => {
    expect(nearestFirst('batchd', ['immediate', 'lazy', 'batched'])[0]).toBe('batched')
    expect(likelyMeant('batchd', ['immediate', 'batched'])).toBe('batched')
    expect(likelyMeant('quantum', ['immediate', 'batched'])).toBeUndefined()
  })
})

describe('quoting', () => {
  test('what was typed cannot move the terminal or fill the screen', () => {
    expect(asTyped('a\u001b[2Jb\nc')).toBe("'a\\x1b[2Jb\\x0ac'")
    expect(asTyped('x'.repeat(500)).length).toBeLessThan(90)
  })

  test('a shell reads back what was quoted', () => {
    expect(shellWord('batched:ceiling=64')).toBe('batched:ceiling=64')
    expect(shellWord('a;b=1')).toBe("'a;b=1'")
    expect(shellWord("it's")).toBe("'it'\\''s'")
    expect(shellWord('')).toBe("''")
  })
})
