import { expect, test } from 'vitest'
import { reachedSerial } from '../dist/src/contract/change.js'
import type { Port } from '../dist/src/contract/port.js'
import type { Demand, StrategyModule } from '../dist/src/contract/strategy.js'
import { SETTLED, waits, type Ticket } from '../dist/src/contract/ticket.js'
import { mixedWorkload } from '../dist/src/testing/mixedWorkload.js'
import { loadStrategy, OWN_STRATEGIES, simCell } from './support/runCell.js'

/** What a CPU's ticket is for, and what was asked for with it. */
interface Pending {
  readonly hook: string
  readonly items: readonly (readonly [owner: number, serial: number])[]
}

/** The module, with a look at what each hook that waited comes to in the end. */
function followed(module: StrategyModule, ended: (cpu: Port, pending: Pending, ticket: Ticket) => void) {
  const pending = new Map<number, Pending>()
  const follow = (hook: string, cpu: Port, rest: unknown[], ticket: Ticket): void => {
    if (hook === 'resumed') {
      const begun = pending.get(cpu.id)
      if (begun !== undefined && !waits(ticket)) ended(cpu, begun, ticket)
      return
    }
    const demand = hook === 'demanded' ? (rest[0] as Demand) : null
    const count = demand?.count ?? 0
    const items = Array.from({ length: count }, (_, i): [number, number] => [
      demand?.owners[i] ?? 0,
      demand?.serials[i] ?? 0,
    ])
    if (waits(ticket)) pending.set(cpu.id, { hook, items })
  }
  const create: StrategyModule['create'] = (host) =>
    new Proxy(module.create(host), {
      get(target, hook) {
        const value: unknown = Reflect.get(target, hook)
        if (typeof value !== 'function' || typeof hook !== 'string') return value
        return (cpu: Port, ...rest: unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, [cpu, ...rest])
          if (typeof result === 'number') follow(hook, cpu, rest, result)
          return result
        }
      },
    })
  return { ...module, create }
}

test.each(OWN_STRATEGIES)('%s: who has waited for a round claims what it was for', async (strategy) => {
  const seen = { changes: 0, demands: 0 }
  const module = followed(await loadStrategy(strategy), (cpu, { hook, items }, ticket) => {
    if (hook !== 'demanded') {
      seen.changes++
      expect(ticket, hook).toBe(SETTLED)
      return
    }
    // Of its own changes lazy settles the one slot that was asked for, which need not be a prefix.
    if (items.every(([owner]) => owner === cpu.id)) return
    seen.demands++
    for (const [owner, serial] of items)
      expect(reachedSerial(cpu.settledUpTo(owner), serial), `CPU ${owner}, serial ${serial}`).toBe(true)
  })
  for (const cpus of [2, 3]) {
    await simCell({
      strategy,
      module,
      strategyParameters: strategy === 'lazy' ? { tickUs: 100 } : {},
      workload: mixedWorkload(3, 60),
      cpus,
      initiators: cpus,
      oracle: 'full',
    })
  }
  expect(seen.changes).toBeGreaterThan(20)
  if (strategy === 'lazy') expect(seen.demands).toBeGreaterThan(5)
})
