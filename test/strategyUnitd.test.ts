import { describe, expect, test } from 'vitest'
import { COUNT_COHERENCE_MESSAGES, COUNT_DEMANDS } from '../dist/src/machine/counters.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import type { CellWords } from '../dist/src/engines/cellWords.js'
import { aheadPs } from '../dist/src/engines/sim/aheadPs.js'
import { costTable } from '../dist/src/engines/sim/simClock.js'
import { loadProfile } from '../dist/src/machine/profile.js'
import { OWN_WORKLOADS, simCell, threadsCell, type CellOptions } from './support/runCell.js'
import { sharedThenGone } from './support/sharedThenGone.js'

/** Both strategies whose translations go by hardware: what sets them apart is who asks, and what it costs. */
const STRATEGIES = ['unitd', 'didi']
const OPS = 5

async function countsOf(options: CellOptions) {
  const { figures, violations } = await simCell({ oracle: 'full', ...options })
  expect(violations).toEqual([])
  const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = figures
  const messages = counters[COUNT_COHERENCE_MESSAGES]
  return { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, messages, demands: counters[COUNT_DEMANDS] }
}

const NOTHING = { ipis: 0, flushRounds: 0, pagesInvalidated: 0, fullFlushes: 0, demands: 0 }

describe.each(STRATEGIES)('%s', (strategy) => {
  test.each([1, 2, 3, 8])(
    '%i CPUs that all hold the pages: a message for each page and other CPU',
    async (cpus) => {
      for (const pages of [1, 8, 34]) {
        const cell = { strategy, workload: sharedThenGone(pages, 0), cpus, initiators: cpus }
        expect(await countsOf(cell)).toEqual({ ops: OPS, ...NOTHING, messages: OPS * pages * (cpus - 1) })
      }
    },
  )

  test('a page that nobody else holds costs no message, although the others run the space', async () => {
    const cell = { workload: alone, cpus: 3 }
    expect(await countsOf({ strategy, ...cell })).toEqual({ ops: OPS, ...NOTHING, messages: 0 })
    // Who asks the holders of the space asks them all.
    expect(await countsOf({ strategy: 'batched', ...cell })).toMatchObject({ ipis: OPS * 2 })
  })

  test.each(OWN_WORKLOADS)('%s: nobody is ever interrupted', async (workload) => {
    expect(await countsOf({ strategy, workload, cpus: 3 })).toMatchObject(NOTHING)
  })

  test('an operation that frees a table waits for walkers in software: an empty interrupt everywhere', async () => {
    const profileSets = ['memory.frames=8192', 'memory.tableFreeing=empty']
    const cell = { strategy, workload: sharedThenGone(4, 0), cpus: 3, initiators: 3, profileSets }
    expect(await countsOf(cell)).toEqual({
      ...NOTHING,
      ops: OPS,
      messages: OPS * 4 * 2,
      flushRounds: OPS,
      ipis: OPS * 2,
    })
  })

  test('passes of readers that repeat themselves are what they are when run', async () => {
    const cell: CellOptions = { strategy, workload: 'web-server', cpus: 3 }
    const [repeated, run] = [await simCell(cell), await simCell({ ...cell, mayRepeatPasses: false })]
    expect(repeated.figures).toEqual(run.figures)
  })

  test('real threads: a writer goes on when every worker has dropped the page', async () => {
    const { figures, violations } = await threadsCell({
      strategy,
      workload: sharedThenGone(8, 0, 20),
      cpus: 2,
      initiators: 2,
      oracle: 'full',
      isOversubscribed: true,
    })
    expect(violations).toEqual([])
    expect(figures).toMatchObject({ ops: 20, ipis: 0, flushRounds: 0, pagesInvalidated: 0, fullFlushes: 0 })
    expect(figures.counters[COUNT_COHERENCE_MESSAGES]).toBe(20 * 8)
  })
})

/** The others run the space too, and compute. */
const alone: WorkloadModule = {
  summary: 'one CPU maps, touches and unmaps pages of its own',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const scratch = plan.handle()
    tape.body()
    tape.loop(OPS, () => {
      tape.map(scratch, 3, { writable: true })
      tape.write(scratch, 0, 3)
      tape.op(() => tape.unmap(scratch))
    })
    for (let reader = 1; reader <= plan.readerCount; reader++) {
      const other = plan.tape(reader)
      other.body()
      other.compute(1000)
    }
  },
}

test('what the hardware does is charged to who changes the page: messages, and for a directory a look-up', async () => {
  const base = loadProfile('research-2s64c', []).profile.extras
  const opNs = async (strategy: string, sets: string[]) => {
    const cell = { strategy, workload: sharedThenGone(8, 0), cpus: 3, initiators: 3 }
    const { figures } = await simCell({ ...cell, profileSets: ['memory.frames=8192', ...sets] })
    return figures.opTotalNs
  }
  const [messages, lookUps] = [OPS * 8 * 2, OPS * 8]
  const spent = async (strategy: string, path: string) =>
    (await opNs(strategy, [])) - (await opNs(strategy, [`extras.${path}=0`]))
  const nsOf = (value = 0) => value / 1000
  expect(await spent('unitd', 'coherent.costsPs.message')).toBeCloseTo(
    messages * nsOf(base?.coherent?.costsPs.message.value),
  )
  expect(await spent('didi', 'directory.costsPs.message')).toBeCloseTo(
    messages * nsOf(base?.directory?.costsPs.message.value),
  )
  expect(await spent('didi', 'directory.costsPs.lookUp')).toBeCloseTo(
    lookUps * nsOf(base?.directory?.costsPs.lookUp.value),
  )
})

test('nobody runs ahead of the others by more than a message takes', () => {
  const { profile } = loadProfile('research-2s64c', [])
  const ahead = (drops: object | null) =>
    aheadPs(costTable(profile), { broadcasts: null, drops, config: { profile } } as unknown as CellWords)
  expect(ahead(null)).toBe(profile.costsPs.deliverSibling.value)
  expect(ahead({})).toBe(profile.extras?.coherent?.costsPs.message.value)
})
