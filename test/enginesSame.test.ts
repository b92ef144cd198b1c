import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { runJob } from '../dist/src/harness/engineRun.js'
import type { Job } from '../dist/src/harness/job.js'
import { COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import { loadProfile } from '../dist/src/machine/profile.js'
import {
  invariantsOf,
  OWN_STRATEGIES,
  OWN_WORKLOADS,
  ROOT,
  simCell,
  tapesOf,
  threadsCell,
  type CellOptions,
  type CellResult,
} from './support/runCell.js'

/** Parameters that keep a cell small. */
const SMALL: Record<(typeof OWN_WORKLOADS)[number], Record<string, number>> = {
  'munmap-storm': { pages: 5, ops: 12, pauseNs: 20_000 },
  'madvise-page': { pages: 8, ops: 20 },
  'mprotect-storm': { pages: 16, range: 3, pairs: 10 },
  'direct-map-zap': { pages: 8, ops: 20, directFrames: 16 },
  'web-server': { ops: 20, thinkNs: 10_000 },
}

describe('virtual time is exact', () => {
  const job = (strategy: string, workload: string, more: Partial<Job> = {}): Job => ({
    engine: 'sim',
    strategy: {
      name: strategy,
      file: resolve(ROOT, `dist/src/strategies/${strategy}.js`),
      parameters: strategy === 'immediate' ? {} : { ceiling: 33, gatherLimit: 9690, ring: 64, tickUs: 1000 },
    },
    workload: {
      name: workload,
      file: resolve(ROOT, `dist/src/workloads/${workload}.js`),
      parameters: {
        initiators: 1,
        readers: (more.cpus ?? 4) - 1,
        readerPages: 8,
        readerWorkNs: 500,
        pages: 3,
        workNs: 300,
        thinkNs: 2000,
        pauseNs: 2000,
        ops: 30,
      },
    },
    cpus: 4,
    profile: loadProfile('icelake-2s64c', []).profile,
    seed: 1,
    repetition: 0,
    oracle: 'local',
    warmupMs: 0,
    watchdogMs: 10_000,
    ...more,
  })

  test('the same job twice gives the same figures, to the last digit', async () => {
    for (const strategy of OWN_STRATEGIES) {
      const first = await runJob(job(strategy, 'web-server'))
      expect(first.figures.ops).toBe(30)
      expect(await runJob(job(strategy, 'web-server'))).toEqual(first)
    }
  })

  test('another seed draws other requests: another tape, other figures', async () => {
    const [one, two] = [
      await runJob(job('batched', 'web-server')),
      await runJob(job('batched', 'web-server', { seed: 2 })),
    ]
    expect(two.tapeHash).not.toBe(one.tapeHash)
    expect(two.figures).not.toEqual(one.figures)
    expect(two.figures.pagesInvalidated).not.toBe(one.figures.pagesInvalidated)
  })

  test('a workload without draws has one tape for all seeds', async () => {
    const [one, two] = [
      await runJob(job('batched', 'munmap-storm')),
      await runJob(job('batched', 'munmap-storm', { seed: 2 })),
    ]
    expect(two.tapeHash).toBe(one.tapeHash)
  })

  test('one tape for all strategies and both engines, another for another CPU count', async () => {
    const hashes: string[] = []
    for (const strategy of OWN_STRATEGIES)
      hashes.push((await runJob(job(strategy, 'web-server', { cpus: 2 }))).tapeHash)
    const threads = await runJob(
      job('immediate', 'web-server', { cpus: 2, engine: 'threads', oracle: 'full' }),
    )
    expect(threads.figures.ops).toBe(30)
    expect(new Set([...hashes, threads.tapeHash]).size).toBe(1)
    expect((await runJob(job('immediate', 'web-server'))).tapeHash).not.toBe(hashes[0])
  })

  test.each<[string, CellOptions]>([
    ['lazy, 2', { strategy: 'lazy', workload: 'munmap-storm', cpus: 2 }],
    ['lazy, 8', { strategy: 'lazy', workload: 'munmap-storm', cpus: 8 }],
    ['batched, 3', { strategy: 'batched', workload: 'web-server', cpus: 3, parameters: { ops: 30 } }],
    ['immediate, 4', { strategy: 'immediate', workload: 'mprotect-storm', cpus: 4 }],
    [
      'two initiators',
      { strategy: 'batched', workload: 'munmap-storm', cpus: 5, initiators: 2, parameters: { ops: 20 } },
    ],
    ['lazy, zap', { strategy: 'lazy', workload: 'direct-map-zap', cpus: 3, parameters: { ops: 64 } }],
  ])('passes that repeat themselves may be taken over instead of run: %s', async (_, options) => {
    for (const oracle of ['local', 'full'] as const) {
      const [short, long] = [
        await simCell({ ...options, oracle, mayRepeatPasses: true }),
        await simCell({ ...options, oracle, mayRepeatPasses: false }),
      ]
      expect(short.figures).toEqual(long.figures)
      expect(short.violationCount).toBe(long.violationCount)
    }
  })

  test('and a defect is found in either way', async () => {
    const options: CellOptions = {
      strategy: 'never-flush',
      workload: 'munmap-storm',
      parameters: { ops: 8 },
      cpus: 3,
      oracle: 'full',
    }
    const [short, long] = [await simCell(options), await simCell({ ...options, mayRepeatPasses: false })]
    expect(short.violationCount).toBeGreaterThan(0)
    expect(short.violationCount).toBe(long.violationCount)
    expect(invariantsOf(short)).toEqual(invariantsOf(long))
    expect(short.figures).toEqual(long.figures)
  })
})

/** What must agree exactly, for one pass. */
function perPass({ figures }: CellResult, passes: number) {
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = figures
  return {
    ops: ops / passes,
    ipis: ipis / passes,
    flushRounds: flushRounds / passes,
    pagesInvalidated: pagesInvalidated / passes,
    fullFlushes: fullFlushes / passes,
    demands: counters[COUNT_DEMANDS] / passes,
  }
}

const PASSES = 2

describe('real threads and virtual time agree on every count, one initiator', () => {
  describe.each(['immediate', 'batched'])('%s', (strategy) => {
    test.each(OWN_WORKLOADS)('%s, 2 CPUs', async (workload) => {
      const options: CellOptions = {
        strategy,
        workload,
        parameters: SMALL[workload],
        cpus: 2,
        oracle: 'full',
      }
      const sim = await simCell(options)
      const threads = await threadsCell({ ...options, passes: PASSES })
      expect(sim.figures.ipis).toBeGreaterThan(0)
      expect(perPass(threads, PASSES)).toEqual(perPass(sim, 1))
      expect(threads.violations).toEqual([])
    })
  })

  test('batched, 3 CPUs on fewer cores', async () => {
    const options: CellOptions = {
      strategy: 'batched',
      workload: 'munmap-storm',
      parameters: { pages: 34, ops: 10, pauseNs: 0 },
      cpus: 3,
    }
    const threads = await threadsCell({ ...options, isOversubscribed: true })
    expect(perPass(threads, 1)).toEqual(perPass(await simCell(options), 1))
  })
})

/** Unmaps that all CPUs have touched, and a tick of every CPU after some of them. */
const ticking: WorkloadModule = {
  summary: 'unmaps with ticks of its own',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const kept = plan.handle()
    const storm = plan.handle()
    tape.map(kept, 1, { writable: true })
    tape.write(kept, 0, 1)
    tape.body()
    for (const opsBeforeTick of [1, 4, 2, 7, 1, 1]) {
      for (let op = 0; op < opsBeforeTick; op++) {
        tape.map(storm, 2 + op, { writable: true })
        tape.write(storm, 0, 2 + op)
        tape.awaitReaders()
        tape.op(() => tape.unmap(storm))
      }
      tape.tick()
    }
    for (let reader = 0; reader < plan.readerCount; reader++) {
      const other = plan.tape(1 + reader)
      other.body()
      other.read(storm, 0, 2)
      other.compute(500)
    }
  },
}

describe('lazy, where all ticks come from the tape', () => {
  const options = (ring: number, cpus: number): CellOptions => ({
    strategy: 'lazy',
    strategyParameters: { ring, tickUs: 1_000_000 },
    workload: ticking,
    cpus,
    oracle: 'full',
  })

  test('the tape has what it claims', async () => {
    expect((await tapesOf(options(3, 2))).tapes[0].opCount).toBe(16)
  })

  test.each([
    [3, 2],
    [64, 2],
    [2, 3],
  ])('a ring of %i, %i CPUs', async (ring, cpus) => {
    const sim = await simCell(options(ring, cpus))
    const threads = await threadsCell({ ...options(ring, cpus), isOversubscribed: cpus > 2 })
    expect(perPass(threads, 1)).toEqual(perPass(sim, 1))
    expect([threads.violationCount, sim.violationCount]).toEqual([0, 0])
    // A small ring is sometimes full and sometimes swept in time; a large one is never full.
    if (ring < 16) {
      expect(sim.figures.flushRounds).toBeGreaterThan(0)
      expect(sim.figures.flushRounds).toBeLessThan(16)
    } else expect(sim.figures.ipis).toBe(0)
    expect(sim.figures.ipis).toBe(sim.figures.flushRounds * (cpus - 1))
  })
})
