import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { faultStream } from '../dist/src/engines/faultPlan.js'
import { FAULT_NAMES, mayStop } from '../dist/src/engines/faultSpecs.js'
import { FaultSpans } from '../dist/src/engines/faultSpans.js'
import { Stuck } from '../dist/src/engines/stuck.js'
import { COUNT_DEMANDS, COUNT_INTERRUPTS_TAKEN } from '../dist/src/machine/counters.js'
import {
  fault,
  OWN_WORKLOADS,
  simCell,
  tapesOf,
  type CellOptions,
  type CellResult,
} from './support/runCell.js'

const PAGES = 3
const OPS = 12

/** One CPU unmaps; the others run no tape, so that they take an interrupt when it arrives. */
const storm = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: 'munmap-storm',
  parameters: { pages: PAGES, ops: OPS, pauseNs: 5000 },
  cpus: 2,
  readers: 0,
  oracle: 'full',
  ...more,
})

const VARIANTS = [
  ['immediate', {}],
  ['batched', {}],
  ['lazy', { ring: 64 }],
  ['lazy', { ring: 1 }],
] as const

async function stuckAt(options: CellOptions): Promise<Stuck> {
  const error = await simCell(options).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Stuck)
  return error as Stuck
}

describe.each(VARIANTS)('%s %o', (strategy, strategyParameters) => {
  test.each(FAULT_NAMES.filter((name) => name !== 'kill-worker'))('is safe under %s', async (name) => {
    for (const workload of OWN_WORKLOADS) {
      for (const [cpus, initiators] of [
        [3, 1],
        [5, 2],
      ]) {
        const options = { strategy, strategyParameters, workload, cpus, initiators, oracle: 'full' as const }
        let result: CellResult
        try {
          result = await simCell({ ...options, faults: fault(name) })
        } catch (error) {
          expect(mayStop(fault(name)), String(error)).toBe(true)
          expect((error as Stuck).message).toMatch(/\nCPU \d waits for .* whose interrupt was lost$/)
          continue
        }
        expect(result.violations).toEqual([])
        expect(result.figures.ops).toBe((await tapesOf(options)).tapes.reduce((sum, t) => sum + t.opCount, 0))
      }
    }
  })

  test('is stopped by a CPU that is killed, and says so', async () => {
    for (const workload of OWN_WORKLOADS) {
      const options = { strategy, strategyParameters, workload, cpus: 3, faults: fault('kill-worker') }
      const { message, cpuStates } = await stuckAt(options)
      expect(message).toMatch(/\nCPU 0 waits for .* of CPU 1, which was killed$/)
      expect(cpuStates[1]).toContain('killed on purpose')
    }
  })
})

describe('a delay', () => {
  test.each([1000, 40_000])('of %i ns makes each round longer by as much', async (ns) => {
    const plain = await simCell(storm('immediate'))
    const faults = fault('delay-interrupt', { minNs: ns, maxNs: ns })
    const late = await simCell(storm('immediate', { faults }))
    late.figures.opsNs.forEach((opNs, op) =>
      expect(opNs).toBeCloseTo(plain.figures.opsNs[op] + PAGES * ns, 3),
    )
    expect(late.figures.ipis).toBe(plain.figures.ipis)
  })

  test('that is drawn lies between its bounds, and is the same for the same seed only', async () => {
    const plain = await simCell(storm('batched'))
    const late = (seed: number) =>
      simCell(storm('batched', { seed, faults: fault('delay-interrupt', { minNs: 500, maxNs: 9000 }) }))
    const extra = (await late(1)).figures.opsNs.map((ns, op) => ns - plain.figures.opsNs[op])
    for (const ns of extra) {
      expect(ns).toBeGreaterThanOrEqual(500)
      expect(ns).toBeLessThanOrEqual(9000)
    }
    expect(new Set(extra).size).toBeGreaterThan(OPS / 2)
    expect((await late(1)).figures).toEqual((await late(1)).figures)
    expect((await late(2)).figures.opsNs).not.toEqual((await late(1)).figures.opsNs)
  })

  test('of no interrupt changes nothing', async () => {
    const faults = fault('delay-interrupt', { percent: 0 })
    for (const strategy of ['immediate', 'lazy']) {
      const options = { ...storm(strategy), cpus: 4, readers: 3 }
      expect((await simCell({ ...options, faults })).figures).toEqual((await simCell(options)).figures)
    }
  })
})

test('every interrupt twice is taken twice, and serves nobody', async () => {
  const plain = await simCell(storm('immediate'))
  const twice = await simCell(storm('immediate', { faults: fault('duplicate-interrupt', { withinNs: 0 }) }))
  expect(twice.figures.ipis).toBe(plain.figures.ipis)
  expect(twice.figures.counters[COUNT_INTERRUPTS_TAKEN]).toBe(2 * OPS * PAGES)
  expect(plain.figures.counters[COUNT_INTERRUPTS_TAKEN]).toBe(OPS * PAGES)
  expect(twice.figures.pagesInvalidated).toBe(plain.figures.pagesInvalidated)
  expect(twice.figures.responderNs).toBeGreaterThan(plain.figures.responderNs)
})

describe('a lost interrupt', () => {
  test('stops who waits for it, and the CPU is named', async () => {
    const { message, cpuStates } = await stuckAt(
      storm('immediate', { cpus: 4, faults: fault('lose-interrupt', { nth: 8 }) }),
    )
    // The eighth is the second one of the third round, to CPU 2.
    expect(message).toBe(
      'no CPU can go on\nCPU 0 waits for an acknowledgement of CPU 2, whose interrupt was lost',
    )
    expect(cpuStates[0]).toMatch(
      /^CPU 0: unmap:\d > range:\d waits for ticket \d+ \(an acknowledgement of CPU 2\), its interrupt to CPU 2 was lost/,
    )
    expect(cpuStates).toHaveLength(4)
  })

  test('after the last one that is sent, changes nothing', async () => {
    const sent = OPS * PAGES
    const faults = fault('lose-interrupt', { nth: sent + 1 })
    expect((await simCell(storm('immediate', { faults }))).figures).toEqual(
      (await simCell(storm('immediate'))).figures,
    )
    await stuckAt(storm('immediate', { faults: fault('lose-interrupt', { nth: sent }) }))
  })

  test('is made up for by another one to the same CPU', async () => {
    // A second initiator interrupts CPU 2 as well, and one interrupt serves all that is asked for.
    const options = storm('immediate', {
      cpus: 3,
      initiators: 2,
      faults: fault('lose-interrupt', { nth: 2 }),
    })
    const { message } = await stuckAt({ ...options, cpus: 2, initiators: 1, faults: fault('lose-interrupt') })
    expect(message).toContain('whose interrupt was lost')
    expect((await simCell(options)).figures.ops).toBe(2 * OPS)
  })
})

test('what is held back is overtaken by the next one, however long it might have been held', async () => {
  const reordered = (holdNs: number) =>
    simCell(storm('immediate', { cpus: 3, faults: fault('reorder-interrupt', { percent: 100, holdNs }) }))
  const plain = await simCell(storm('immediate', { cpus: 3 }))
  const { figures } = await reordered(10_000)
  expect((await reordered(90_000)).figures).toEqual(figures)
  figures.opsNs.forEach((ns, op) => expect(ns).toBeGreaterThan(plain.figures.opsNs[op]))
  // A round of one target has nobody to be overtaken by: it waits for as long as it may be held.
  const alone = (holdNs: number) =>
    simCell(storm('batched', { faults: fault('reorder-interrupt', { percent: 100, holdNs }) }))
  const [short, long] = [await alone(10_000), await alone(30_000)]
  expect(long.figures.opTotalNs - short.figures.opTotalNs).toBeCloseTo(20_000 * OPS, 0)
})

test('stalls make a pass longer by what they take', async () => {
  const options = storm('immediate', { cpus: 1, parameters: { pages: PAGES, ops: 200, pauseNs: 0 } })
  const parameters = { cpu: -1, everyUs: 20, maxUs: 10 }
  const plain = await simCell(options)
  const stalled = await simCell({ ...options, faults: fault('stall-cpu', parameters) })
  const spans = new FaultSpans(faultStream(1, 0), parameters, 0, 1)
  let expected = 0
  for (let span = spans.next(0); span.from < stalled.figures.elapsedNs; span = spans.next(span.to))
    expected += span.to - span.from
  expect(expected).toBeGreaterThan(0)
  expect(stalled.figures.elapsedNs).toBeCloseTo(plain.figures.elapsedNs + expected, 3)
})

test('an interrupt that comes while interrupts are off waits for the end of the span and no longer', async () => {
  const plain = await simCell(storm('batched', { parameters: { pages: 1, ops: 100, pauseNs: 5000 } }))
  const maxUs = 30
  const off = await simCell(
    storm('batched', {
      parameters: { pages: 1, ops: 100, pauseNs: 5000 },
      faults: fault('interrupts-off', { cpu: 1, everyUs: 20, maxUs }),
    }),
  )
  const extra = off.figures.opsNs.map((ns, op) => ns - plain.figures.opsNs[op])
  expect(Math.max(...extra)).toBeGreaterThan(1000)
  expect(Math.max(...extra)).toBeLessThanOrEqual(maxUs * 1000)
  expect(Math.min(...extra)).toBe(0)
  // The initiator's own interrupts being off delays nobody: it gets none.
  const own = storm('batched', { faults: fault('interrupts-off', { cpu: 0, everyUs: 20 }) })
  expect((await simCell(own)).figures.opsNs).toEqual((await simCell(storm('batched'))).figures.opsNs)
})

test('under pressure, what lazy holds is demanded back', async () => {
  const options: CellOptions = {
    ...storm('lazy'),
    parameters: { pages: 16, ops: 32, pauseNs: 0 },
    strategyParameters: { tickUs: 1_000_000 },
  }
  expect((await simCell(options)).figures.counters[COUNT_DEMANDS]).toBe(0)
  const pressed = await simCell({ ...options, faults: fault('frame-pressure') })
  expect(pressed.figures.counters[COUNT_DEMANDS]).toBeGreaterThan(0)
  expect(pressed.violations).toEqual([])
})

describe('a resting CPU that never ticks', () => {
  test.each([1, 4])('holds back a ring of %i: all further unmaps take a round', async (ring) => {
    // The pause is long enough for every slot to be free at the next op, if everybody ticks.
    const options: CellOptions = {
      ...storm('lazy', { strategyParameters: { ring } }),
      parameters: { pages: 1, ops: OPS, pauseNs: 5_000_000 },
    }
    expect((await simCell(options)).figures.ipis).toBe(0)
    const idle = await simCell({ ...options, faults: fault('no-tick') })
    expect(idle.figures.ipis).toBe(OPS - ring)
    expect(idle.violations).toEqual([])
    // Where it runs a tape it ticks.
    const busy = await simCell({ ...options, readers: 1, faults: fault('no-tick') })
    expect(busy.figures.ipis).toBe(0)
  })

  test('stops who waits for its tick', async () => {
    const workload: WorkloadModule = {
      summary: '',
      source: '',
      op: '',
      parameters: {},
      write: (plan) => {
        const tape = plan.tape(0)
        tape.body()
        tape.op(() => tape.tick())
      },
    }
    const options: CellOptions = { strategy: 'lazy', workload, cpus: 2, readers: 0 }
    expect((await simCell(options)).figures.ops).toBe(1)
    const { message } = await stuckAt({ ...options, faults: fault('no-tick') })
    expect(message).toMatch(/\nCPU 0 waits for a tick of CPU 1, which waits for nobody$/)
  })
})

test('a reader whose own rounds go on does not hide that an initiator hangs', async () => {
  // The first interrupt is the initiator's: the reader computes first. Then it advises a page of its own away for ever.
  const workload: WorkloadModule = {
    summary: '',
    source: '',
    op: '',
    parameters: {},
    write(plan) {
      const handles = Array.from({ length: plan.cpuCount }, () => plan.handle())
      for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
        const tape = plan.tape(cpu)
        tape.map(handles[cpu], 1, { writable: true })
        tape.body()
        if (cpu === 0) {
          tape.op(() => {
            tape.write(handles[0], 0, 1)
            tape.adviseAway(handles[0], 0, 1)
          })
          continue
        }
        tape.compute(20_000)
        tape.write(handles[cpu], 0, 1)
        tape.adviseAway(handles[cpu], 0, 1)
      }
    },
  }
  const stuck = await stuckAt({
    strategy: 'immediate',
    workload,
    // A third CPU's interrupt would serve the lost one's request as well.
    cpus: 2,
    initiators: 1,
    readers: 1,
    faults: fault('lose-interrupt', { nth: 1 }),
  })
  expect(stuck.message).toContain('whose interrupt was lost')
})
