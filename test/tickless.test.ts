import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { TapeWriter, WorkloadModule } from '../dist/src/contract/workload.js'
import { DRAIN_TICKS } from '../dist/src/engines/plan.js'
import { invariantsOf, loadStrategy, simCell, threadsCell, type CellOptions } from './support/runCell.js'

const TICK_NS = 1_000_000
const OPS = 32
const PAGES = 4

/** CPU 0 unmaps pages, one operation in each tick's time; CPU 1 has read something and computes meanwhile, as `user` says. */
function unmaps(user: (tape: TapeWriter) => void): WorkloadModule {
  return {
    summary: 'unmaps while another CPU is in user mode',
    source: 'none',
    op: 'one unmap',
    parameters: {},
    write: (plan) => {
      const [handle, own] = [plan.handle(), plan.handle()]
      const [first, second] = [plan.tape(0), plan.tape(1)]
      second.map(own, 1)
      for (const tape of [first, second]) tape.body()
      first.loop(OPS, () => {
        first.map(handle, PAGES, { writable: true })
        first.write(handle, 0, PAGES)
        first.op(() => first.unmap(handle))
        first.pause(TICK_NS)
      })
      second.read(own, 0, 1)
      user(second)
      first.barrier()
      second.barrier()
    },
  }
}

const computes = (tape: TapeWriter, ticks: number) => tape.compute(ticks * TICK_NS)
const ticking = unmaps((tape) => computes(tape, OPS))
const tickless = unmaps((tape) => {
  tape.tickless(true)
  computes(tape, OPS)
  tape.tickless(false)
})
const halfway = unmaps((tape) => {
  tape.tickless(true)
  computes(tape, OPS / 2)
  tape.tickless(false)
  computes(tape, OPS / 2)
})
const switching = unmaps((tape) => {
  tape.tickless(true)
  tape.loop(OPS, () => {
    computes(tape, 1)
    tape.switchTo(2)
    tape.switchTo(1)
  })
  tape.tickless(false)
})

const cell = (strategy: string, workload: WorkloadModule, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload,
  cpus: 2,
  initiators: 2,
  oracle: 'full',
  ...more,
})

describe('lazy, with a CPU that takes no ticks', () => {
  const held = async (workload: WorkloadModule): Promise<number> => {
    const { figures, violations } = await simCell(cell('lazy', workload))
    expect(violations).toEqual([])
    return figures.heldFramesPeak
  }

  test('holds all that was unmapped, and is safe', async () => {
    // A slot is free three epochs after it was written: four operations wait, and the one that is under way.
    expect(await held(ticking)).toBeLessThanOrEqual(5 * PAGES)
    // The last operation of the warm-up pass may still be swept on the way.
    expect(await held(tickless)).toBeGreaterThanOrEqual((OPS - 4) * PAGES)
  })

  test('gets on when the CPU ticks again, or switches', async () => {
    const half = await held(halfway)
    expect(half).toBeGreaterThanOrEqual((OPS / 2 - 4) * PAGES)
    expect(half).toBeLessThanOrEqual((OPS / 2 + 5) * PAGES)
    expect(await held(switching)).toBeLessThanOrEqual(5 * PAGES)
  })

  test('takes rounds when its ring is full, and gets its frames by demand when they run out', async () => {
    const full = await simCell(cell('lazy', tickless, { strategyParameters: { ring: 8 } }))
    expect(full.violations).toEqual([])
    // The warm-up pass may have left it full.
    expect(full.figures.flushRounds).toBeGreaterThanOrEqual(OPS - 8)
    const none = await simCell(cell('lazy', ticking, { strategyParameters: { ring: 8 } }))
    expect(none.figures.flushRounds).toBe(0)
    const short = await simCell(cell('lazy', tickless, { profileSets: ['memory.frames=1050'] }))
    expect(short.violations).toEqual([])
  })

  test('is safe on threads', async () => {
    expect((await threadsCell(cell('lazy', tickless))).violations).toEqual([])
  })
})

describe('a tick that a tape asks all CPUs for', () => {
  const asks: WorkloadModule = {
    ...unmaps(() => {}),
    write: (plan) => {
      const [first, second] = [plan.tape(0), plan.tape(1)]
      second.tickless(true)
      for (const tape of [first, second]) tape.body()
      first.loop(3, () => first.tick())
      first.barrier()
      second.barrier()
    },
  }

  test('counts as taken by a tickless CPU, which takes none', async () => {
    const taken = [0, 0]
    const module = await loadStrategy('lazy')
    const counting: StrategyModule = {
      ...module,
      create: (host) => {
        const inner = module.create(host)
        const ticked = inner.ticked?.bind(inner)
        inner.ticked = (cpu) => {
          taken[cpu.id]++
          ticked?.(cpu)
        }
        return inner
      },
    }
    const longTicks = { strategyParameters: { tickUs: 1_000_000 } }
    await simCell(cell('lazy', asks, { module: counting, ...longTicks }))
    // Two passes; the tape is over when the drain's ticks come, which are for all.
    expect(taken).toEqual([2 * 3 + DRAIN_TICKS, DRAIN_TICKS])
    expect((await threadsCell(cell('lazy', asks, longTicks))).violations).toEqual([])
  })
})

describe('what lives on no ticks, or promises by them', () => {
  test('ctxsw-deferred does not notice', async () => {
    const figures = async (workload: WorkloadModule) =>
      (await simCell(cell('ctxsw-deferred', workload))).figures
    expect(await figures(tickless)).toEqual(await figures(ticking))
  })

  test('deadline-batch breaks its promise, and is reported', async () => {
    // CPU 0 itself: the age of what it has changed is counted in its ticks.
    const late = (isOn: boolean): WorkloadModule => ({
      ...unmaps(() => {}),
      write: (plan) => {
        const handle = plan.handle()
        const [first, second] = [plan.tape(0), plan.tape(1)]
        for (const tape of [first, second]) tape.body()
        first.tickless(isOn)
        first.map(handle, PAGES, { writable: true })
        first.write(handle, 0, PAGES)
        first.op(() => first.unmap(handle))
        first.pause(20 * TICK_NS)
        first.tickless(false)
        first.barrier()
        second.barrier()
      },
    })
    const early = { strategyParameters: { ageUs: 2000, graceUs: 10_000 } }
    expect((await simCell(cell('deadline-batch', late(false), early))).violations).toEqual([])
    expect(invariantsOf(await simCell(cell('deadline-batch', late(true), early)))).toEqual(['I9'])
  })
})
