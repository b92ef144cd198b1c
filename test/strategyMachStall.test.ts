import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { AGAIN } from '../dist/src/contract/ticket.js'
import { wrapped } from '../dist/src/testing/wrapStrategy.js'
import { loadStrategy, simCell, type CellOptions } from './support/runCell.js'

const storm = (strategy: string, cpus: number, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: 'munmap-storm',
  parameters: { pages: 3, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  cpus,
  oracle: 'full',
  ...more,
})

/** How often a CPU was in a handler, or about to begin one with its request pending, when an entry was written. */
function watched(module: StrategyModule): { module: StrategyModule; inHandler: number[] } {
  const inHandler: number[] = []
  const standing = new Set<number>()
  return {
    inHandler,
    module: {
      ...module,
      create: (host) => {
        const strategy = module.create(host)
        return wrapped(
          () => strategy,
          (hook, cpu, call) => {
            if (hook === 'changed') inHandler.push(standing.size)
            const result = call()
            if (hook === 'interrupted' && result === AGAIN) standing.add(cpu.id)
            else if (hook === 'interrupted') standing.delete(cpu.id)
            return result
          },
        )
      },
    },
  }
}

describe('mach-stall', () => {
  test.each([1, 2, 3, 8])(
    '%i CPUs: one round and one invalidation on each CPU for each page',
    async (cpus) => {
      const { figures, violations } = await simCell(storm('mach-stall', cpus))
      expect(figures).toMatchObject({
        ops: 5,
        ipis: 5 * 3 * (cpus - 1),
        flushRounds: cpus === 1 ? 0 : 5 * 3,
        pagesInvalidated: 5 * 3 * cpus,
        fullFlushes: 0,
      })
      expect(violations).toEqual([])
    },
  )

  test.each([
    ['mach-stall', 3],
    // It tells after the write, so nobody stands still.
    ['immediate', 0],
  ])('%s: CPUs that stand still while the entry is written', async (strategy, standing) => {
    const { module, inHandler } = watched(await loadStrategy(strategy))
    const { violations } = await simCell({ ...storm(strategy, 4), module })
    expect(violations).toEqual([])
    expect(inHandler.length).toBeGreaterThanOrEqual(5 * 3)
    expect(new Set(inHandler)).toEqual(new Set([standing]))
  })

  // Of eight CPUs four with pauses between their ops: handlers that look again and again must not put off who waits for them.
  test.each([
    [4, 2, {}],
    [8, 4, { parameters: { pages: 3, ops: 5 } }],
  ])('%i CPUs, %i initiators take turns and none waits for ever', async (cpus, initiators, more) => {
    const { figures, violations } = await simCell(storm('mach-stall', cpus, { initiators, ...more }))
    const ops = 5 * initiators
    expect(figures).toMatchObject({ ops, ipis: ops * 3 * (cpus - 1), pagesInvalidated: ops * 3 * cpus })
    expect(violations).toEqual([])
  })
})
