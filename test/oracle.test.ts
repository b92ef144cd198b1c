import { describe, expect, test } from 'vitest'
import {
  invariantsOf,
  OWN_STRATEGIES,
  OWN_WORKLOADS,
  simCell,
  threadsCell,
  type CellOptions,
} from './support/runCell.js'

type Workload = (typeof OWN_WORKLOADS)[number]

/** Small cells in which the other CPUs hold as much as they can of what changes. */
const EXPOSED: Record<Workload, Partial<CellOptions>> = {
  'munmap-storm': { parameters: { pages: 4, ops: 8, pauseNs: 20_000 } },
  'madvise-page': { parameters: { pages: 8, ops: 16, shared: 1 } },
  'mprotect-storm': { parameters: { pages: 16, range: 3, pairs: 8 } },
  // Every frame lies in the part of the direct map that the readers read.
  'direct-map-zap': {
    parameters: { pages: 8, ops: 16, directFrames: 1024 },
    profileSets: ['memory.frames=1024'],
  },
  'web-server': { parameters: { ops: 20, thinkNs: 10_000 } },
}

const cell = (strategy: string, workload: Workload, cpus: number): CellOptions => ({
  ...EXPOSED[workload],
  strategy,
  workload,
  cpus,
  oracle: 'full',
})

describe('planted defects in virtual time', () => {
  test.each<[string, Workload, string[]]>([
    // Nothing is flushed: gone pages translate, taken permissions are still there, frames are shared.
    ['never-flush', 'munmap-storm', ['I11', 'I6']],
    ['never-flush', 'madvise-page', ['I11', 'I6']],
    ['never-flush', 'mprotect-storm', ['I11', 'I3']],
    ['never-flush', 'direct-map-zap', ['I11', 'I3']],
    ['never-flush', 'web-server', ['I1', 'I11', 'I6']],
    // Each CPU flushes a moment after the claim: the claim is false when it is made, mostly before
    // anybody could take harm, except where every CPU may use the page at any time.
    ['early-settle', 'munmap-storm', ['I11']],
    ['early-settle', 'mprotect-storm', ['I11']],
    ['early-settle', 'direct-map-zap', ['I11']],
    // A user page is flushed before the handler is left, which is legal, unless the next request
    // comes first; a page of the kernel's can be used inside the handler.
    ['clear-before-flush', 'munmap-storm', ['I2', 'I6']],
    ['clear-before-flush', 'mprotect-storm', ['I3']],
    ['clear-before-flush', 'direct-map-zap', ['I11']],
  ])('%s on %s', async (strategy, workload, invariants) => {
    for (const cpus of [2, 3]) {
      const result = await simCell(cell(strategy, workload, cpus))
      expect(result.contract).toBe('return')
      expect(result.violationCount).toBeGreaterThan(0)
      expect(invariantsOf(result)).toEqual(expect.arrayContaining(invariants))
      const [first] = result.violations
      expect(first.message).toContain(`CPU ${first.cpu} can still use its old translation of`)
      expect(first.step).toBeGreaterThan(0)
    }
  })

  test('what only one CPU had touched is missed by nobody: early settling breaks nothing there', async () => {
    expect((await simCell(cell('early-settle', 'web-server', 3))).violationCount).toBe(0)
  })

  test('without the shared part it sees what a CPU does to itself', async () => {
    const local = await simCell({ ...cell('never-flush', 'munmap-storm', 3), oracle: 'local' })
    expect(invariantsOf(local)).toEqual(['I6'])
    expect(new Set(local.violations.map(({ cpu }) => cpu))).toEqual(new Set([0]))
  })

  test('under contract none it is counted all the same', async () => {
    const options = cell('never-flush', 'munmap-storm', 2)
    const none = await simCell({ ...options, strategyParameters: { unsafe: 1 } })
    expect(none.contract).toBe('none')
    expect(none.violationCount).toBeGreaterThan(0)
  })
})

/** Repetitions until the first violation; each is caught within this time, or the test fails. */
async function untilCaught(options: CellOptions): Promise<string[]> {
  for (const until = performance.now() + 10_000; performance.now() < until;) {
    const result = await threadsCell(options)
    if (result.violationCount > 0) return invariantsOf(result)
  }
  return []
}

describe('planted defects on real threads', () => {
  test('never-flush', async () => {
    expect(await untilCaught(cell('never-flush', 'munmap-storm', 2))).toContain('I6')
    expect(await untilCaught(cell('never-flush', 'mprotect-storm', 2))).toContain('I3')
  })

  test('early-settle, hidden on munmap-storm by CPUs that take interrupts at once', async () => {
    // Its interrupts are all taken before the event that they are too late for is judged.
    expect(await untilCaught(cell('early-settle', 'mprotect-storm', 2))).toContain('I3')
    const late = { 'delay-interrupt': { minNs: 0, maxNs: 10_000, percent: 100 } }
    expect(await untilCaught({ ...cell('early-settle', 'munmap-storm', 3), faults: late })).toContain('I6')
  })

  test('clear-before-flush', async () => {
    // A gap of so many looks gives a real thread the time to ask again.
    const strategyParameters = { gap: 200 }
    const options = { ...cell('clear-before-flush', 'munmap-storm', 2), strategyParameters }
    expect(await untilCaught(options)).toContain('I6')
  })
})

describe.each(OWN_STRATEGIES)('%s is never reported', (strategy) => {
  test.each(OWN_WORKLOADS)('%s in virtual time', async (workload) => {
    for (const cpus of [1, 2, 3, 8]) {
      const result = await simCell(cell(strategy, workload, cpus))
      expect(result.violations).toEqual([])
      expect(result.figures.ops).toBeGreaterThan(0)
    }
    const two = await simCell({ ...cell(strategy, workload, 5), initiators: 2 })
    expect(two.violations).toEqual([])
  })

  test('on real threads', async () => {
    const workloads: Workload[] =
      strategy === 'lazy' ? [...OWN_WORKLOADS] : ['munmap-storm', 'direct-map-zap']
    for (const workload of workloads) {
      expect((await threadsCell(cell(strategy, workload, 2))).violations).toEqual([])
    }
  })
})

test.each([
  ['sim', simCell],
  ['threads', threadsCell],
] as const)('the journal does not lap a CPU that has nothing to do, in %s', async (_engine, run) => {
  // Some 96,000 events in both passes, three times what the journal holds, while CPU 1 runs no tape.
  const result = await run({
    strategy: 'batched',
    workload: 'munmap-storm',
    parameters: { pages: 16, ops: 1000, pauseNs: 0 },
    cpus: 2,
    readers: 0,
    passes: 1,
    oracle: 'full',
  })
  expect(result.violationCount).toBe(0)
})
