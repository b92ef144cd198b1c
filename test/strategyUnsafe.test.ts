import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { exploreFully, planOf, shipped } from './support/explorePlan.js'
import { invariantsOf, loadStrategy, simCell, type CellOptions } from './support/runCell.js'

/** Strategies and presets that are wrong on purpose. */

const storm = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: 'munmap-storm',
  parameters: { pages: 3, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  cpus: 3,
  oracle: 'full',
  ...more,
})

/** All 512 frames for user pages are handed out again within a pass, faster than a tick comes. */
const reuse: Partial<CellOptions> = {
  parameters: { pages: 16, ops: 80, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  profileSets: ['memory.frames=1024'],
}

describe('never', () => {
  test.each([
    ['munmap-storm', { pages: 34, ops: 5, pauseNs: 0 }],
    ['madvise-page', { pages: 8, ops: 16 }],
    ['mprotect-storm', { pages: 16, range: 3, pairs: 6 }],
    ['direct-map-zap', { pages: 8, ops: 16, directFrames: 4 }],
  ] as const)('does nothing on %s', async (workload, parameters) => {
    const { figures } = await simCell({ strategy: 'never', workload, parameters, cpus: 3 })
    const { ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = figures
    expect([ipis, flushRounds, pagesInvalidated, fullFlushes, counters[COUNT_DEMANDS]]).toEqual([
      0, 0, 0, 0, 0,
    ])
  })

  test('is caught for all that it breaks', async () => {
    const unmaps = await simCell(storm('never', reuse))
    expect(unmaps.contract).toBe('none')
    expect(invariantsOf(unmaps)).toEqual(expect.arrayContaining(['I1', 'I6']))
    const rights = { workload: 'mprotect-storm', parameters: { pages: 16, range: 3, pairs: 6 } } as const
    expect(invariantsOf(await simCell(storm('never', rights)))).toContain('I3')
    expect((await simCell(storm('batched', reuse))).violations).toEqual([])
  })

  test('is the upper bound: what flushes is slower', async () => {
    const times: number[] = []
    for (const strategy of ['never', 'ctxsw-deferred', 'batched', 'immediate'])
      times.push((await simCell(storm(strategy))).passNs[0])
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(new Set(times).size).toBe(4)
  })
})

/** CPU 1 caches a page, CPU 0 takes it away, CPU 1 switches from one thread to another, twice. */
const switches: WorkloadModule = {
  summary: 'a page goes, and then the other CPU switches',
  source: 'none',
  op: 'one advise away',
  parameters: {},
  write: (plan) => {
    const [first, second] = [plan.tape(0), plan.tape(1)]
    const page = plan.handle()
    first.map(page, 1, { writable: true })
    first.body()
    first.write(page, 0, 1)
    first.barrier()
    first.barrier()
    first.op(() => first.adviseAway(page, 0, 1))
    first.barrier()
    first.barrier()
    second.body()
    second.barrier()
    second.read(page, 0, 1)
    second.barrier()
    second.barrier()
    second.switchTo(1)
    second.switchTo(1)
    second.barrier()
  },
}

describe('ctxsw-deferred', () => {
  test.each([1, 2, 3, 8])(
    '%i CPUs: the initiator drops its own range, nobody is interrupted',
    async (cpus) => {
      for (const pages of [3, 33, 34]) {
        const parameters = { pages, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 }
        const { figures } = await simCell(storm('ctxsw-deferred', { cpus, parameters }))
        const isFull = pages > 33
        expect(figures).toMatchObject({
          ops: 5,
          ipis: 0,
          flushRounds: 0,
          pagesInvalidated: isFull ? 0 : 5 * pages,
          fullFlushes: isFull ? 5 : 0,
        })
      }
    },
  )

  test('the others flush at their next switch, and not at the one after it', async () => {
    const cell = { workload: switches, cpus: 2, initiators: 2, oracle: 'full' } as const
    const { figures, contract, ...result } = await simCell({ ...cell, strategy: 'ctxsw-deferred' })
    expect(contract).toBe('none')
    expect(figures).toMatchObject({ ops: 1, ipis: 0, pagesInvalidated: 1, fullFlushes: 1 })
    expect(invariantsOf({ figures, ...result })).toEqual(expect.arrayContaining(['I6', 'I11']))
    const never = await simCell({ ...cell, strategy: 'never' })
    expect(never.figures).toMatchObject({ pagesInvalidated: 0, fullFlushes: 0 })
  })
})

describe('lazy with a preset', () => {
  const of = (module: StrategyModule, preset: string) => ({ ...module.presets?.[preset].values })

  test('released frees frames before anybody has swept', async () => {
    const values = of(await loadStrategy('lazy'), 'released')
    expect(values).toMatchObject({ ring: 256 })
    const released = await simCell(storm('lazy', { ...reuse, strategyParameters: values }))
    expect(released.contract).toBe('none')
    expect(invariantsOf(released)).toEqual(expect.arrayContaining(['I1', 'I11']))
    const paper = await simCell(storm('lazy', reuse))
    expect([paper.contract, paper.violations]).toEqual(['reuse', []])
    // The paper's has to ask for frames that nobody has swept yet.
    expect([released.figures.ipis, paper.figures.ipis > 0]).toEqual([0, true])
  })

  test('cortenmm frees a slot while a CPU that has said so has still to flush', async () => {
    const module = await shipped('lazy')
    const values = { ...of(module, 'cortenmm'), ring: 1 }
    expect(module.contract({ ...values })).toBe('none')
    // What it would break if it promised anything: under its own contract all that is waived is found first.
    const promising: StrategyModule = { ...module, contract: () => 'reuse' }
    const search = (given: Record<string, number>) => {
      const needs: Partial<ExploreCase> = {
        alphabet: ['advise'],
        roles: [['advise'], []],
        tickCount: 2,
        preemption: 'hooks',
      }
      return exploreFully(planOf(promising, needs, given)).finding?.invariant ?? 'complete'
    }
    expect(['I1', 'I2', 'I11']).toContain(search(values))
    // One sweep is enough where a CPU flushes before it says so.
    expect(search({ ...values, countFirst: 0 })).toBe('complete')
  })
})
