import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Layout } from '../dist/src/machine/layout.js'

// 64-byte lines of 4-byte words.
const LINE = 16

const block = fc.record({ count: fc.integer({ min: 0, max: 40 }), stride: fc.integer({ min: 1, max: 40 }) })

describe('a layout', () => {
  test('gives no two blocks a word or a line in common, and never word 0', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), (blocks) => {
        const layout = new Layout()
        const owners = new Map<number, string>()
        blocks.forEach(({ count, stride }, index) => {
          const { base, stride: given } = layout.place(`block${index}`, { count, stride })
          expect(given).toBe(stride)
          expect(base % LINE).toBe(0)
          expect(base).toBeGreaterThan(0)
          const end = base + count * stride
          expect(end).toBeLessThanOrEqual(layout.wordCount)
          for (let line = base / LINE; line * LINE < end; line++) {
            expect(owners.get(line)).toBeUndefined()
            owners.set(line, `block${index}`)
          }
        })
      }),
      { numRuns: 50 },
    )
  })

  test('gives every element of `lines` lines of its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), (count, words) => {
        const layout = new Layout()
        layout.run('before', 3)
        const { base, stride } = layout.lines('element', count, words)
        for (let element = 0; element + 1 < count; element++) {
          const lastLine = Math.floor((base + element * stride + words - 1) / LINE)
          expect(Math.floor((base + (element + 1) * stride) / LINE)).toBeGreaterThan(lastLine)
        }
      }),
    )
  })

  test('names any word again', () => {
    const layout = new Layout()
    const request = layout.lines('request', 4, 5)
    const single = layout.run('epoch', 1)
    expect(layout.nameOf(request.base + 3 * request.stride)).toBe('request[3]')
    expect(layout.nameOf(request.base + 3 * request.stride + 1)).toBe('request[3]+1')
    expect(layout.nameOf(single)).toBe('epoch[0]')
    expect(layout.nameOf(0)).toBe('word 0')
    expect(layout.nameOf(layout.wordCount)).toBe(`word ${layout.wordCount}`)
  })
})
