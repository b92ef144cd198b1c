import { describe, expect, test } from 'vitest'
import module from '../dist/src/strategies/zircon-pending.js'
import { BareStrategy } from './support/bareStrategy.js'
import { unmapCounts } from './support/unmapCounts.js'

describe('its closed forms', () => {
  test.each([1, 2, 3, 8])('%i CPUs', async (cpus) => {
    const asked = { ipis: 4 * (cpus - 1), flushRounds: cpus > 1 ? 4 : 0 }
    for (const pages of [1, 32]) {
      expect(await unmapCounts('zircon-pending', pages, cpus)).toEqual({
        ...asked,
        pagesInvalidated: 4 * pages * cpus,
        fullFlushes: 0,
      })
    }
    expect(await unmapCounts('zircon-pending', 33, cpus)).toEqual({
      ...asked,
      pagesInvalidated: 0,
      fullFlushes: 4 * cpus,
    })
    expect(await unmapCounts('zircon-pending', 3, cpus, { strategyParameters: { items: 2 } })).toEqual({
      ...asked,
      pagesInvalidated: 0,
      fullFlushes: 4 * cpus,
    })
  })

  test('two initiators: each as if it were alone', async () => {
    const counts = await unmapCounts('zircon-pending', 3, 4, { initiators: 2 })
    expect(counts).toEqual({ ipis: 8 * 3, flushRounds: 8, pagesInvalidated: 8 * 3 * 4, fullFlushes: 0 })
  })
})

describe('a responder', () => {
  test('drops the items one by one, wherever they lie', () => {
    const bare = new BareStrategy(module, 2)
    bare.unmap(0, [900, 4, 77])
    const items = [900, 4, 77].map((page) => `invalidate 1 ${page} 1 1`)
    expect(bare.interrupt(1).log).toEqual([...items, 'acknowledge 0'])
  })

  test('serves every initiator that asks', () => {
    const bare = new BareStrategy(module, 3)
    bare.unmap(0, [4])
    bare.unmap(1, [5])
    expect(bare.interrupt(2).log).toEqual([
      'invalidate 1 4 1 1',
      'acknowledge 0',
      'invalidate 1 5 1 1',
      'acknowledge 1',
    ])
  })

  test('that runs another space by then only acknowledges', () => {
    for (const pages of [[4], Array.from({ length: 40 }, (_, i) => i)]) {
      const bare = new BareStrategy(module, 2)
      bare.unmap(0, pages)
      bare.enter(1, 2, 1)
      expect(bare.interrupt(1).log).toEqual(['acknowledge 0'])
    }
  })

  test('flushes again for the space that it has come back to', () => {
    const bare = new BareStrategy(module, 2)
    bare.enter(1, 2, 1)
    bare.enter(1, 1, 2)
    bare.unmap(0, [4])
    expect(bare.interrupt(1).log).toEqual(['invalidate 1 4 1 1', 'acknowledge 0'])
  })

  test('that runs another space flushes all the same when an item is the kernel’s', () => {
    const bare = new BareStrategy(module, 2)
    bare.enter(1, 2, 1)
    bare.unmap(0, [4], { space: 0 })
    expect(bare.interrupt(1).log).toEqual(['invalidate 0 4 1 1', 'acknowledge 0'])
  })
})
