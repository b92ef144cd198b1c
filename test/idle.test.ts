import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { Strategy, StrategyModule } from '../dist/src/contract/strategy.js'
import {
  fault,
  invariantsOf,
  loadStrategy,
  OWN_STRATEGIES,
  simCell,
  threadsCell,
  type CellOptions,
} from './support/runCell.js'
import { sleeper, SLEEPS } from './support/sleeper.js'

const advised = sleeper((tape, handle) => tape.op(() => tape.adviseAway(handle, 0, 2)), false)
/** What is mapped next takes over the table page that the unmap has set free. */
const unmapped = sleeper((tape, handle, other) => {
  tape.op(() => tape.unmap(handle))
  tape.map(other, 2, { writable: true })
  tape.write(other, 0, 2)
  tape.unmap(other)
}, true)

const cell = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: advised,
  cpus: 2,
  initiators: 2,
  oracle: 'full',
  ...more,
})

describe('an idle CPU', () => {
  test('is interrupted by who does not ask, and left alone by who does', async () => {
    const asked = await simCell(cell('immediate'))
    expect([asked.figures.ipis, asked.violations]).toEqual([2 * SLEEPS, []])
    const left = await simCell(cell('illumos-idle'))
    expect([left.figures.ipis, left.violations]).toEqual([0, []])
    // Once for each time that it wakes; the initiator flushes page by page.
    expect(left.figures.fullFlushes).toBe(SLEEPS)
  })

  test('that does not flush what was left to it is seen, in virtual time and on threads', async () => {
    const sim = await simCell(cell('sleeps-on'))
    expect(invariantsOf(sim)).toContain('I6')
    const late = sim.violations.find(({ message }) => message.includes('after it woke'))
    expect(late?.cpu).toBe(1)
    const seen = new Set<string>()
    for (let tries = 0; tries < 20 && !seen.has('I6'); tries++)
      for (const name of invariantsOf(await threadsCell(cell('sleeps-on')))) seen.add(name)
    expect([...seen]).toContain('I6')
  })

  test('counts where table pages are freed, in virtual time and on threads', async () => {
    const freed = { workload: unmapped, profileSets: ['memory.frames=8192', 'memory.tableFreeing=empty'] }
    expect((await simCell(cell('illumos-idle', freed))).violations).toEqual([])
    expect((await threadsCell(cell('illumos-idle', freed))).violations).toEqual([])
    expect(invariantsOf(await simCell(cell('idle-skipped-for-tables', freed)))).toContain('I4')
    const seen = new Set<string>()
    for (let tries = 0; tries < 20 && !seen.has('I4'); tries++)
      for (const name of invariantsOf(await threadsCell(cell('idle-skipped-for-tables', freed))))
        seen.add(name)
    expect([...seen]).toContain('I4')
  })

  test.each(OWN_STRATEGIES)('is safe with %s', async (strategy) => {
    for (const workload of [advised, unmapped]) {
      expect((await simCell(cell(strategy, { workload }))).violations).toEqual([])
      expect((await threadsCell(cell(strategy, { workload }))).violations).toEqual([])
    }
  })
})

/** The hooks of CPU 1 in their order. */
async function hooksOf(strategy: string, more: Partial<CellOptions> = {}): Promise<string[]> {
  const calls: string[] = []
  const module = await loadStrategy(strategy)
  const noted = (name: string, hook: ((cpu: Port) => unknown) | undefined) => (cpu: Port) => {
    if (cpu.id === 1) calls.push(name)
    return hook?.(cpu)
  }
  const listening: StrategyModule = {
    ...module,
    create: (host) => {
      const inner = module.create(host)
      const bound = (name: 'interrupted' | 'ticked' | 'idled' | 'woke') =>
        noted(name, inner[name]?.bind(inner))
      const outer = Object.create(inner) as Strategy
      for (const name of ['changed', 'finished', 'demanded', 'resumed', 'switched', 'switching'] as const)
        outer[name] = (inner[name] as () => never)?.bind(inner)
      return Object.assign(outer, {
        interrupted: bound('interrupted'),
        idled: bound('idled'),
        woke: bound('woke'),
        ...(inner.ticked === undefined ? {} : { ticked: bound('ticked') }),
      })
    },
  }
  await simCell(cell(strategy, { module: listening, ...more }))
  return calls
}

describe('what wakes an idle CPU', () => {
  test('comes after woke, and it idles again', async () => {
    const calls = await hooksOf('immediate')
    const once = ['idled', 'woke', 'interrupted', 'idled', 'woke', 'interrupted', 'idled', 'woke']
    expect(calls.slice(0, once.length)).toEqual(once)
  })

  test('is a tick too, but for the fault that keeps it away', async () => {
    const ticking = { strategyParameters: { tickUs: 100, ring: 1 << 10 } }
    const after = (calls: string[]) =>
      calls.filter((name, at) => name === 'ticked' && calls[at - 1] === 'woke')
    // Ten ticks in a millisecond of idleness, one or two of which may fall outside.
    expect(after(await hooksOf('lazy', ticking)).length).toBeGreaterThan(2 * SLEEPS * 8)
    const withFault = after(await hooksOf('lazy', { ...ticking, faults: fault('no-tick') }))
    // The warm-up pass is not struck.
    expect(withFault.length).toBeLessThan(SLEEPS * 12)
  })
})
