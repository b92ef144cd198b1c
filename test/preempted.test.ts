import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { Strategy, StrategyModule } from '../dist/src/contract/strategy.js'
import { DONE } from '../dist/src/contract/ticket.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { lastDuePs } from '../dist/src/engines/sim/simTimers.js'
import kvmPreempted, { KvmPreempted } from '../dist/src/strategies/kvm-preempted.js'
import { AWAY } from '../dist/src/strategies/shared/awayCpus.js'
import { VcpuWords } from '../dist/src/strategies/shared/vcpuRound.js'
import { planOf, shipped, verdictOf } from './support/explorePlan.js'
import {
  invariantsOf,
  loadStrategy,
  OWN_STRATEGIES,
  simCell,
  threadsCell,
  type CellOptions,
} from './support/runCell.js'
import { AWAY_NS, sleeper, SLEEPS } from './support/sleeper.js'

/** A spare word of a CPU's line. */
const SEEN_AT = 1

const onKvm = (workload: WorkloadModule): WorkloadModule => ({ ...workload, needs: ['vcpu'] })
const leave = (ns: number) =>
  onKvm(
    sleeper(
      (tape, handle) => tape.op(() => tape.adviseAway(handle, 0, 2)),
      false,
      (tape) => tape.preempt(ns),
    ),
  )
const advised = leave(AWAY_NS)
const unmapped = onKvm(
  sleeper(
    (tape, handle, other) => {
      tape.op(() => tape.unmap(handle))
      tape.map(other, 2, { writable: true })
      tape.write(other, 0, 2)
      tape.unmap(other)
    },
    true,
    (tape) => tape.preempt(AWAY_NS),
  ),
)
const freed = { workload: unmapped, profileSets: ['memory.frames=8192', 'memory.tableFreeing=empty'] }

const cell = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: advised,
  cpus: 2,
  initiators: 2,
  oracle: 'full',
  ...more,
})

describe('a preempted CPU', () => {
  test.each(['immediate', 'batched', 'linux', 'illumos-idle'])(
    'takes no interrupt of %s before it is back',
    async (strategy) => {
      const { figures, violations } = await simCell(cell(strategy))
      // The op begins 0.1 ms after the CPU has left, or a little less: it has read two pages before.
      for (const ns of figures.opsNs) {
        expect(ns).toBeGreaterThan(AWAY_NS - 110_000)
        expect(ns).toBeLessThan(AWAY_NS)
      }
      expect(violations).toEqual([])
      // Twice as long away, so much longer an op.
      const longer = await simCell(cell(strategy, { workload: leave(2 * AWAY_NS) }))
      expect(longer.figures.opTotalNs - figures.opTotalNs).toBeCloseTo(SLEEPS * AWAY_NS, -2)
    },
  )

  test('is left alone by kvm-preempted, and flushed by the host', async () => {
    for (const ns of [AWAY_NS, 2 * AWAY_NS]) {
      const { figures, violations } = await simCell(cell('kvm-preempted', { workload: leave(ns) }))
      expect(Math.max(...figures.opsNs)).toBeLessThan(10_000)
      expect(figures).toMatchObject({ ipis: 0, fullFlushes: SLEEPS, pagesInvalidated: 2 * SLEEPS })
      expect(violations).toEqual([])
    }
  })

  test('costs what leaving and coming back cost', async () => {
    const pass = async (exit: number, entry: number) => {
      const costs = [`extras.vcpu.costsPs.exit=${exit}`, `extras.vcpu.costsPs.entry=${entry}`]
      return (await simCell(cell('immediate', { profileSets: ['memory.frames=8192', ...costs] }))).passNs[0]
    }
    // CPU 0 waits for CPU 1 in each lap, so all of it shows.
    expect((await pass(3_000_000, 5_000_000)) - (await pass(0, 0))).toBeCloseTo(SLEEPS * 8000, 3)
  })

  test('that is run again without its flush is seen, in virtual time and on threads', async () => {
    const sim = await simCell(cell('stays-stale'))
    expect(invariantsOf(sim)).toContain('I6')
    const late = sim.violations.find(({ message }) => message.includes('after the host ran it again'))
    expect(late?.cpu).toBe(1)
    const seen = new Set<string>()
    for (let tries = 0; tries < 20 && !seen.has('I6'); tries++)
      for (const name of invariantsOf(await threadsCell(cell('stays-stale')))) seen.add(name)
    expect([...seen]).toContain('I6')
  })

  test('walks nothing: freed tables need no interrupt', async () => {
    const { figures, violations } = await simCell(cell('kvm-preempted', freed))
    expect([violations, figures.ipis]).toEqual([[], 0])
    expect((await threadsCell(cell('kvm-preempted', freed))).violations).toEqual([])
    expect(invariantsOf(await simCell(cell('stays-stale', freed)))).toContain('I4')
  })

  test.each([...OWN_STRATEGIES, 'linux', 'kvm-preempted'])('is safe with %s', async (strategy) => {
    for (const workload of [advised, unmapped])
      expect((await simCell(cell(strategy, { workload }))).violations).toEqual([])
  })

  test.each(['immediate', 'kvm-preempted'])('is safe with %s on threads', async (strategy) => {
    expect((await threadsCell(cell(strategy))).violations).toEqual([])
  })

  test('runs no handler and no tick, in virtual time and on threads', async () => {
    // Taking a permission away is a round at once, also for a lazy strategy.
    const revoked = onKvm(
      sleeper(
        (tape, handle) => {
          tape.op(() => tape.protect(handle, 0, 2, false))
          tape.protect(handle, 0, 2, true)
        },
        false,
        (tape) => tape.preempt(AWAY_NS),
      ),
    )
    const watched = cell('not-while-away', { workload: revoked, strategyParameters: { tickUs: 50 } })
    for (const { figures, violations } of [await simCell(watched), await threadsCell(watched)]) {
      expect(violations).toEqual([])
      expect(figures.ipis).toBe(SLEEPS)
    }
  })
})

/** The hooks of CPU 1 in their order. */
async function hooksOf(strategy: string, more: Partial<CellOptions> = {}): Promise<string[]> {
  const calls: string[] = []
  const module = await loadStrategy(strategy)
  const listening: StrategyModule = {
    ...module,
    create: (host) => {
      const inner = module.create(host) as unknown as Record<
        string,
        ((...all: never[]) => unknown) | undefined
      >
      const heard =
        (name: string) =>
        (cpu: Port, ...rest: never[]) => {
          if (cpu.id === 1) calls.push(name)
          return inner[name]?.call(inner, ...([cpu, ...rest] as never[]))
        }
      const always = [
        'changed',
        'finished',
        'demanded',
        'resumed',
        'switched',
        'interrupted',
        'preempted',
        'reentered',
      ]
      const given = ['began', 'changing', 'covered', 'switching', 'ticked', 'idled', 'woke']
      const names = [...always, ...given.filter((name) => inner[name] !== undefined)]
      return Object.fromEntries(names.map((name) => [name, heard(name)])) as unknown as Strategy
    },
  }
  await simCell(cell(strategy, { module: listening, ...more }))
  return calls.filter((name) => ['preempted', 'reentered', 'interrupted', 'ticked'].includes(name))
}

describe('what has come meanwhile', () => {
  test('is taken when the host has put the CPU back, and not before', async () => {
    const calls = await hooksOf('immediate')
    // A change of two pages: the second one is made when the first is flushed.
    const lap = ['preempted', 'reentered', 'interrupted', 'interrupted']
    expect(calls.slice(0, 3 * lap.length)).toEqual([...lap, ...lap, ...lap])
    // A warm-up pass and a measured one.
    expect(calls.filter((name) => name === 'preempted').length).toBe(2 * SLEEPS)
  })

  test('is one tick, however many were due', async () => {
    const calls = await hooksOf('lazy', { strategyParameters: { tickUs: 100, ring: 1 << 10 } })
    expect(calls.some((name, at) => name === 'ticked' && calls[at - 1] === 'preempted')).toBe(false)
    const runs = calls.join(' ').split('preempted reentered').slice(1, -1)
    for (const run of runs) {
      // A lap is awake for little more than 0.1 ms; ten ticks were due in the time before.
      const ticks = run.split('ticked').length - 1
      expect(ticks).toBeGreaterThan(0)
      expect(ticks).toBeLessThan(5)
    }
  })

  test('the last that was due', () => {
    expect([0, 99, 100, 950].map((now) => lastDuePs(100, now, 100))).toEqual([100, 100, 100, 900])
    expect(lastDuePs(Infinity, 950, Infinity)).toBe(Infinity)
  })
})

describe('in the explorer', () => {
  const CASES = [
    { alphabet: ['advise', 'touch', 'preempt'], operationCount: 2 },
    { alphabet: ['advise', 'preempt'], preemption: 'hooks' },
  ] as const

  test.each([...OWN_STRATEGIES, 'kvm-preempted'])('%s is safe', async (name) => {
    for (const given of CASES)
      expect(verdictOf(planOf(await shipped(name), given, { ring: 1 }))).toBe('complete')
  })

  /** The host flushes before it takes the CPU away, and not when it brings it back. */
  class FlushesBefore extends VcpuWords {
    override goes(cpu: Port): void {
      super.goes(cpu)
      cpu.invalidateAll()
    }

    override returns(cpu: Port): void {
      cpu.store(this.wordOf(cpu.id), 0)
    }

    override leaveTo(cpu: Port, target: number): boolean {
      return cpu.load(this.wordOf(target)) === AWAY
    }
  }
  const withWords = (Kind: typeof VcpuWords): StrategyModule => ({
    ...kvmPreempted,
    create: (host) => new KvmPreempted(host, Kind),
  })

  test('nothing is cached by a CPU that is away: what it had before is all', () => {
    for (const given of CASES) {
      expect(verdictOf(planOf(withWords(FlushesBefore), given))).toBe('complete')
      const anytime = { ...given, fills: 'anytime' } as const
      expect(verdictOf(planOf(withWords(FlushesBefore), anytime))).toBe('complete')
    }
  })

  /** As above, but the CPU is not quite gone yet when it is flushed. */
  class FlushesTooEarly extends FlushesBefore {
    override goes(cpu: Port): void {
      cpu.store(this.wordOf(cpu.id), AWAY)
    }
  }

  /** Leaves out who was away before the entry was written and still is. */
  class LeavesOutWhoWasAway extends FlushesTooEarly {
    noteOther(cpu: Port): void {
      cpu.store(this.wordOf(cpu.id) + SEEN_AT, cpu.load(this.wordOf(1 - cpu.id)))
    }

    override leaveTo(cpu: Port, target: number): boolean {
      return cpu.load(this.wordOf(cpu.id) + SEEN_AT) === AWAY && super.leaveTo(cpu, target)
    }
  }

  class NotesBefore extends KvmPreempted {
    readonly #noted: LeavesOutWhoWasAway

    constructor(host: ConstructorParameters<typeof KvmPreempted>[0]) {
      super(host, LeavesOutWhoWasAway)
      this.#noted = new LeavesOutWhoWasAway(host.words.vcpu)
    }

    changing(cpu: Port): typeof DONE {
      this.#noted.noteOther(cpu)
      return DONE
    }
  }

  test('also where it was away all the time: then it has cached it before', () => {
    const module: StrategyModule = { ...kvmPreempted, create: (host) => new NotesBefore(host) }
    const roles = { ...CASES[1], roles: [['preempt'], ['advise']] } as const
    expect(verdictOf(planOf(module, roles))).toMatch(/^I\d+$/)
  })

  test('and what it had before is still there', () => {
    for (const given of CASES) expect(verdictOf(planOf(withWords(FlushesTooEarly), given))).toMatch(/^I\d+$/)
  })
})
