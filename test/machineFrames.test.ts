import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FRAME_WORDS, Frames, LIST_WORDS, OWNER_FREE, OWNER_HELD } from '../dist/src/machine/frames.js'
import { Layout } from '../dist/src/machine/layout.js'
import { PlainMemory } from './support/bareKernel.js'

const FRAMES = 6

function machine() {
  const layout = new Layout()
  const lists = [layout.run('a', LIST_WORDS), layout.run('b', LIST_WORDS)]
  const base = layout.run('frames', FRAMES * FRAME_WORDS)
  const frames = new Frames(new PlainMemory(new Int32Array(layout.wordCount)), base)
  for (const list of lists) frames.emptyList(list)
  return { frames, lists }
}

const which = fc.integer({ min: 0, max: 1 })
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('lifo' as const, 'fifo' as const), list: which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), list: which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('appendAll' as const), list: which }) },
)

describe('frame lists', () => {
  test('are arrays: first in first out, or last in first out', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40, size: 'max' }), (commands) => {
        const { frames, lists } = machine()
        const naive: number[][] = [[], []]
        // Frame 0 too: 0 must not mean "none".
        const loose = Array.from({ length: FRAMES }, (_, frame) => frame)
        for (const step of commands) {
          const list = lists[step.list]
          switch (step.do) {
            case 'lifo':
            case 'fifo': {
              const frame = loose.shift()
              if (frame === undefined) break
              frames.put(list, frame, step.do)
              if (step.do === 'fifo') naive[step.list].push(frame)
              else naive[step.list].unshift(frame)
              break
            }
            case 'take': {
              expect(frames.first(list)).toBe(naive[step.list][0] ?? -1)
              const frame = naive[step.list].shift() ?? -1
              expect(frames.take(list)).toBe(frame)
              if (frame >= 0) loose.push(frame)
              break
            }
            case 'appendAll': {
              frames.appendAll(lists[1 - step.list], list)
              naive[1 - step.list].push(...naive[step.list].splice(0))
              break
            }
          }
          expect(lists.map((each) => frames.count(each))).toEqual(naive.map((each) => each.length))
        }
        for (const [index, list] of lists.entries()) {
          for (const frame of naive[index]) expect(frames.take(list)).toBe(frame)
          expect(frames.take(list)).toBe(-1)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('can be locked once', () => {
    const { frames, lists } = machine()
    expect(frames.tryLock(lists[0])).toBe(true)
    expect(frames.tryLock(lists[0])).toBe(false)
    expect(frames.tryLock(lists[1])).toBe(true)
    frames.unlock(lists[0])
    expect(frames.tryLock(lists[0])).toBe(true)
  })
})

describe('a frame', () => {
  test('has a new generation with every owner, the same one included', () => {
    const { frames } = machine()
    const generations = [3, 3, OWNER_FREE, 5].map((owner) => {
      frames.give(2, owner)
      expect(frames.owner(2)).toBe(owner)
      return frames.generation(2)
    })
    const first = generations[0]
    expect(generations).toEqual([first, first + 1, first + 2, first + 3])
    expect(frames.generation(1)).toBe(0)
  })

  test('keeps what is owed for it, and the generation, while it is held', () => {
    const { frames } = machine()
    frames.give(2, 1)
    const generation = frames.generation(2)
    frames.setLast(2, 1, 0x3ffffff, 77)
    frames.hold(2, 5, -3, 0x1234567)
    expect(frames.owner(2)).toBe(OWNER_HELD)
    expect([frames.heldBy(2), frames.heldSerial(2), frames.heldTag(2)]).toEqual([5, -3, 0x1234567])
    expect([frames.lastSpace(2), frames.lastPage(2), frames.lastStamp(2)]).toEqual([1, 0x3ffffff, 77])
    expect(frames.generation(2)).toBe(generation)
    expect([frames.isZapped(2), frames.isZapped(3)]).toEqual([false, false])
    frames.setZapped(2, true)
    expect([frames.isZapped(2), frames.isZapped(3)]).toEqual([true, false])
    frames.setZapped(2, false)
    expect(frames.isZapped(2)).toBe(false)
  })
})
