import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { DONE, SETTLED, type Ticket } from '../dist/src/contract/ticket.js'
import { replayText } from '../dist/src/engines/explore/engine.js'
import { exploreFully, fixture, planOf, verdictOf } from './support/explorePlan.js'
import { referenceSearch } from './support/exploreReference.js'

const DEADLINE = 0
const LIMIT_NS = 2000

interface Hooks {
  readonly changed?: (cpu: Port) => Ticket
  readonly demanded?: (cpu: Port) => Ticket
  readonly resumed: (cpu: Port) => Ticket
}

/** For one CPU: nobody else has to be told. */
const alone = (hooks: Hooks): StrategyModule => ({
  summary: 'waits for a time',
  source: 'none',
  parameters: {},
  contract: () => 'reuse',
  assumes: () => ({ timeless: true }),
  words: () => ({}),
  privateWords: () => ({ deadline: 1 }),
  create: () => ({
    changed: () => DONE,
    finished: () => DONE,
    demanded: () => DONE,
    interrupted: () => DONE,
    switched: (cpu, to) => {
      cpu.activate(to, 1, false)
      return DONE
    },
    ...hooks,
  }),
})

function wait(cpu: Port): Ticket {
  cpu.set(DEADLINE, cpu.now() / LIMIT_NS)
  return cpu.at(cpu.now() + LIMIT_NS)
}

function settleAll(cpu: Port): Ticket {
  cpu.invalidateAll()
  cpu.settle(cpu.id, cpu.issued(cpu.id))
  return SETTLED
}

/** Nothing is settled before the clock has moved by the limit. */
function settleInTime(cpu: Port): Ticket {
  const began = cpu.get(DEADLINE) * LIMIT_NS
  return cpu.now() < began + LIMIT_NS ? cpu.at(began + LIMIT_NS) : settleAll(cpu)
}

describe('a wait for a time', () => {
  test('ends, at a clock that has reached it', () => {
    const waits = alone({ changed: wait, resumed: settleInTime })
    expect(verdictOf(planOf(waits, { cpuCount: 1, operationCount: 4 }))).toBe('complete')
  })

  test('ends in the drain as well, however often it is waited there', () => {
    let looks = 0
    const waits = alone({
      demanded: wait,
      resumed: (cpu) => (++looks % 20 === 0 ? settleInTime(cpu) : wait(cpu)),
    })
    expect(verdictOf(planOf(waits, { cpuCount: 1, alphabet: ['advise'] }))).toBe('complete')
    expect(looks).toBeGreaterThanOrEqual(20)
  })

  test.each([false, true])(
    'during the set-up ends (waited: %s), and the clock does not go back after it',
    (waits) => {
      const readings: number[] = [0]
      const settles = alone({
        resumed: settleInTime,
        changed: (cpu) => {
          readings.push(cpu.now())
          return settleAll(cpu)
        },
      })
      const module: StrategyModule = {
        ...settles,
        create: (host) => ({
          ...settles.create(host),
          switched: (cpu, to) => {
            cpu.activate(to, 1, false)
            readings[0] = cpu.now()
            return waits ? wait(cpu) : DONE
          },
        }),
      }
      expect(verdictOf(planOf(module, { cpuCount: 1, tickCount: 2 }))).toBe('complete')
      const [first, ...later] = readings
      expect(later.length).toBeGreaterThan(0)
      expect(Math.min(...later)).toBeGreaterThanOrEqual(waits ? first + LIMIT_NS : first)
    },
  )

  test('can end before anybody has answered: who flushes after it, and asks nobody, is found', async () => {
    const waits = alone({ changed: wait, resumed: settleAll })
    expect(verdictOf(planOf(waits, {}))).toBe('I11')
  })

  test('that is waited again and again for nothing is I8, and the message says what for', () => {
    const polls = alone({ changed: wait, resumed: wait })
    const plan = planOf(polls, { cpuCount: 1, alphabet: ['advise'] })
    const { finding, schedule, steps } = exploreFully(plan, true)
    expect(finding?.invariant).toBe('I8')
    expect(finding?.message).toMatch(/ waits for a time$/)
    expect(steps.some(({ changes }) => changes.some((text) => text.startsWith('clock[0] 0 -> ')))).toBe(true)
    expect(replayText(plan, schedule).finding).toEqual(finding)
  })

  test('makes no state that the reference does not see', async () => {
    const plan = planOf(await fixture('tickets'), { operationCount: 2, tickCount: 1 }, { mode: 2 })
    const reference = referenceSearch(plan)
    const { states, transitions, finding } = exploreFully(plan)
    expect({ states, transitions, finding }).toEqual({
      states: reference.states,
      transitions: reference.steps,
      finding: null,
    })
    expect(reference.withoutEnd).toBe(0)
  })
})
