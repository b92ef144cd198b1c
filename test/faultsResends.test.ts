import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { Ticket } from '../dist/src/contract/ticket.js'
import type { FaultName } from '../dist/src/engines/faultSpecs.js'
import resends, { ResendStrategy } from '../dist/src/testing/bases/resends.js'
import { base, planOf, verdictOf } from './support/explorePlan.js'
import { fault, OWN_WORKLOADS, simCell, threadsCell, type CellOptions } from './support/runCell.js'

/** Test base src/testing/bases/resends.ts: who has not answered in time is interrupted again. */
const LIMIT_NS = 10_000
const PAGES = 3
const OPS = 12

const storm = (more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'resends',
  strategyParameters: { limitNs: LIMIT_NS },
  workload: 'munmap-storm',
  parameters: { pages: PAGES, ops: OPS, pauseNs: 5000 },
  cpus: 2,
  readers: 0,
  oracle: 'full',
  ...more,
})

type Struck = [FaultName, Record<string, number>]

/** What an interrupt can suffer. */
const OF_INTERRUPTS: Struck[] = [
  ['lose-interrupt', { nth: 1 }],
  ['lose-interrupt', { percent: 20 }],
  ['delay-interrupt', {}],
  ['reorder-interrupt', {}],
  ['duplicate-interrupt', {}],
  // Later than the limit: each answer is to an interrupt of an earlier round, or to the second of its own.
  ['delay-interrupt', { percent: 50, minNs: LIMIT_NS, maxNs: 5 * LIMIT_NS }],
]

/** And what else need not stop a strategy. */
const OTHERS: Struck[] = (['stall-cpu', 'interrupts-off', 'frame-pressure', 'no-tick'] as const).map(
  (name) => [name, {}],
)
describe('who sends again gets through, and stays safe', () => {
  test.each([...OF_INTERRUPTS, ...OTHERS])('%s %o, in virtual time', async (name, given) => {
    for (const workload of OWN_WORKLOADS) {
      for (const [cpus, initiators] of [
        [2, 1],
        [5, 2],
      ]) {
        const { strategy, strategyParameters = {} } = storm()
        const options = { strategy, strategyParameters, workload, cpus, initiators, oracle: 'full' as const }
        const { violations, figures, tapes } = await simCell({ ...options, faults: fault(name, given) })
        expect(violations).toEqual([])
        expect(figures.ops).toBe(tapes.tapes.reduce((sum, { opCount }) => sum + opCount, 0))
      }
    }
  })

  test.each(OF_INTERRUPTS)('%s %o, on threads', async (name, given) => {
    const { violations, figures } = await threadsCell(
      storm({ cpus: name === 'reorder-interrupt' ? 3 : 2, readers: 1, faults: fault(name, given) }),
    )
    expect(violations).toEqual([])
    expect(figures.ops).toBe(OPS)
  })
})

describe('in virtual time', () => {
  test('a lost interrupt costs one more, and the limit once more', async () => {
    const plain = await simCell(storm())
    expect(plain.figures.ipis).toBe(OPS * PAGES)
    const lost = await simCell(storm({ faults: fault('lose-interrupt', { nth: 5 }) }))
    expect(lost.figures.ipis).toBe(OPS * PAGES + 1)
    const extra = lost.figures.opsNs.map((ns, op) => Math.round(ns - plain.figures.opsNs[op]))
    // The fifth is of the second op. A look at the slots and an interrupt take less than the limit.
    expect(extra.filter((ns) => ns !== 0)).toHaveLength(1)
    expect(extra[1]).toBeGreaterThanOrEqual(LIMIT_NS)
    expect(extra[1]).toBeLessThan(2 * LIMIT_NS)
  })

  test('who only looks again and again, and never sends again, is given up', async () => {
    class Waits extends ResendStrategy {
      override resumed(cpu: Port): Ticket {
        return cpu.at(cpu.now() + LIMIT_NS)
      }
    }
    const module: StrategyModule = { ...resends, create: (host) => new Waits(host) }
    const options = storm({ module, faults: fault('lose-interrupt') })
    await expect(simCell(options)).rejects.toThrow(/^nothing got further for \d+ turns\n/)
  }, 30_000)

  test('only those are asked again who have not answered', async () => {
    const [plain, lost] = await Promise.all([
      simCell(storm({ cpus: 4 })),
      simCell(storm({ cpus: 4, faults: fault('lose-interrupt', { nth: 5 }) })),
    ])
    expect(lost.figures.ipis).toBe(plain.figures.ipis + 1)
  })
})

describe('in every interleaving', () => {
  test.each([
    ['of one frame for two pages', { pageCount: 2, operationCount: 2, usesSymmetry: true }],
    [
      'of two rounds of one CPU',
      { pageCount: 2, frameCount: 2, operationCount: 2, alphabet: ['advise'] as const },
    ],
    ['of switches', { alphabet: ['advise', 'touch', 'switch'] as const, operationCount: 2 }],
    ['of interrupts that nobody sent', { spuriousCount: 1 }],
    ['of stores that become visible late', { hasStoreBuffer: true, alphabet: ['advise'] as const }],
  ])('%s it is safe', async (_what, given) => {
    expect(verdictOf(planOf(await base('resends'), { preemption: 'hooks', ...given }))).toBe('complete')
  })
})
