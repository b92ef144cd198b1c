import { describe, expect, test } from 'vitest'
import { EXPOSE, VA_REUSE } from '../dist/src/contract/obligation.js'
import { KERNEL_SPACE } from '../dist/src/contract/page.js'
import { HandCpus } from './support/handCpus.js'
import { loadStrategy, simCell } from './support/runCell.js'

const nohz = await loadStrategy('nohz-defer')

/** Three CPUs, the last of which runs user code; CPU 0 has taken a kernel mapping away. */
function changed(obligations: number, space: number = KERNEL_SPACE) {
  const hand = new HandCpus(nohz, 3)
  hand.enter(1)
  hand.strategy.left!(hand.cpus[2])
  hand.change(0, { space, firstPage: 9, obligations })
  hand.finish(0, { space })
  return hand
}

describe('a CPU that runs user code', () => {
  test('is left a flush, which it does before anything else in the kernel, once', () => {
    const hand = changed(VA_REUSE)
    expect(hand.cpus[0].take()).toEqual(['interrupt 1', 'flush 1 pages from 9 of space 0'])
    hand.strategy.entered!(hand.cpus[2])
    expect(hand.cpus[2].take()).toEqual(['flush everything'])
    hand.strategy.left!(hand.cpus[2])
    hand.strategy.entered!(hand.cpus[2])
    expect(hand.cpus[2].take()).toEqual([])
  })

  test('is interrupted when it has entered', () => {
    const hand = changed(VA_REUSE)
    hand.strategy.entered!(hand.cpus[2])
    hand.interrupt(1)
    hand.strategy.resumed(hand.cpus[0], 0)
    hand.cpus[0].take()
    hand.change(0, { space: KERNEL_SPACE, firstPage: 9, obligations: VA_REUSE })
    hand.finish(0, { space: KERNEL_SPACE })
    expect(hand.cpus[0].take().slice(0, 2)).toEqual(['interrupt 1', 'interrupt 2'])
  })

  test.each<[string, number, number]>([
    ['what is exposed', EXPOSE, KERNEL_SPACE],
    ['a user mapping', VA_REUSE, 1],
  ])('is interrupted for %s', (_what, obligations, space) => {
    expect(changed(obligations, space).cpus[0].take().slice(0, 2)).toEqual(['interrupt 1', 'interrupt 2'])
  })
})

describe('in virtual time', () => {
  test('readers in user mode take no interrupt for ranges of the kernel', async () => {
    const cell = { workload: 'vmalloc-churn', cpus: 4, oracle: 'full' as const }
    const { figures, violations } = await simCell({ ...cell, strategy: 'nohz-defer' })
    const batched = await simCell({ ...cell, strategy: 'batched' })
    expect(violations).toEqual([])
    expect(figures.ipis).toBeLessThan(batched.figures.ipis)
  })

  test('but each of them where the direct map is taken away', async () => {
    const cell = { workload: 'direct-map-zap', parameters: { pages: 4, ops: 4 }, cpus: 4 }
    const { figures } = await simCell({ ...cell, strategy: 'nohz-defer' })
    expect(figures.ipis).toBe((await simCell({ ...cell, strategy: 'batched' })).figures.ipis)
  })
})
