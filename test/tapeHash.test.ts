import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TapeSet } from '../dist/src/contract/tape.js'
import { tapeHash } from '../dist/src/workloads/shared/tapeHash.js'

/** FNV-1a with integers of any size: the definition, word for word. */
function fnv(bytes: Iterable<number>): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return hash.toString(16).padStart(16, '0')
}

function bytesOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(words).buffer)
}

const set: Omit<TapeSet, 'hash'> = {
  tapes: [
    { role: 0, instructions: Int32Array.of(10, 1, 0, 0, 0, 0, 0, 0), bodyAt: 4, opCount: 1 },
    { role: 1, instructions: Int32Array.of(0, 0, 0, 0), bodyAt: 0, opCount: 0 },
  ],
  handleCount: 1,
  maxOperationPages: 2,
  spaceCount: 2,
}

describe('tapeHash', () => {
  test('rests on a reference that gives the published values', () => {
    // http://www.isthe.com/chongo/tech/comp/fnv/: 64 bit FNV-1a of the empty text, "a" and "foobar".
    expect(fnv([])).toBe('cbf29ce484222325')
    expect(fnv(new TextEncoder().encode('a'))).toBe('af63dc4c8601ec8c')
    expect(fnv(new TextEncoder().encode('foobar'))).toBe('85944171f73967e8')
  })

  test('is FNV-1a over counts and words, the lowest byte first', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(fc.array(word), word, (words, handleCount) => {
        const tapes = [{ role: 2, instructions: Int32Array.from(words), bodyAt: 8, opCount: 3 }]
        const hash = tapeHash({ tapes, handleCount, maxOperationPages: 5, spaceCount: 2 })
        expect(hash).toBe(fnv(bytesOf([1, handleCount, 5, 2, 2, 8, 3, words.length, ...words])))
      }),
    )
  })

  test.each<[string, Omit<TapeSet, 'hash'>]>([
    ['the handles', { ...set, handleCount: 2 }],
    ['the largest operation', { ...set, maxOperationPages: 3 }],
    ['the spaces', { ...set, spaceCount: 3 }],
    ['the order of the tapes', { ...set, tapes: [...set.tapes].reverse() }],
    ['a bystander more', { ...set, tapes: [...set.tapes, set.tapes[1]] }],
    ['a role', { ...set, tapes: [set.tapes[0], { ...set.tapes[1], role: 2 }] }],
    ['where the body begins', { ...set, tapes: [{ ...set.tapes[0], bodyAt: 0 }, set.tapes[1]] }],
    [
      'a word',
      { ...set, tapes: [{ ...set.tapes[0], instructions: Int32Array.of(10, 2, 0, 0) }, set.tapes[1]] },
    ],
  ])('changes with %s', (_, changed) => {
    expect(tapeHash(changed)).not.toBe(tapeHash(set))
  })

  test('is the same for the same tapes', () => {
    expect(tapeHash(structuredClone(set))).toBe(tapeHash(set))
  })
})
