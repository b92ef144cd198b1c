import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { Strategy, StrategyHost, StrategyModule } from '../dist/src/contract/strategy.js'
import { DONE, type Ticket } from '../dist/src/contract/ticket.js'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { planOf, verdictOf } from './support/explorePlan.js'

type Words = 'request' | 'served'
type Privates = 'targets' | 'made'
type Host = StrategyHost<Words, Privates>

/** Flushes everything on both CPUs when it is asked to, and claims nothing. */
abstract class Pair implements Strategy {
  protected readonly host: Host

  constructor(host: Host) {
    this.host = host
  }

  protected word(name: Words, cpu: number): number {
    const { base, stride } = this.host.words[name]
    return base + cpu * stride
  }

  covered(): boolean {
    return false
  }

  changed(): Ticket {
    return DONE
  }

  finished(): Ticket {
    return DONE
  }

  abstract demanded(cpu: Port): Ticket
  abstract interrupted(cpu: Port): typeof DONE

  resumed(): Ticket {
    return DONE
  }

  switched(cpu: Port, to: number): Ticket {
    cpu.activate(to, 1, false)
    return DONE
  }
}

const moduleOf = (create: (host: Host) => Strategy): StrategyModule<Words, Privates> => ({
  summary: 'a strategy of the tests',
  source: 'none',
  parameters: {},
  contract: () => 'return',
  assumes: () => ({ timeless: true }),
  words: ({ cpuCount }) => ({
    request: { count: cpuCount, stride: 16 },
    served: { count: cpuCount, stride: 16 },
  }),
  privateWords: () => ({ targets: 1, made: 1 }),
  create,
})

const SENDS = {
  interruptOne: (cpu: Port) => cpu.interruptOne(1 - cpu.id),
  interruptSet: (cpu: Port, targets: number) => {
    cpu.set(targets, 1 << (1 - cpu.id))
    cpu.interruptSet(targets)
  },
  interruptAllButSelf: (cpu: Port) => cpu.interruptAllButSelf(),
}
type Send = keyof typeof SENDS

/** Its request is a plain store, before the interrupt or after it; the handler serves what it reads there. */
class Requests extends Pair {
  readonly #send: Send
  readonly #isStoredFirst: boolean

  constructor(host: Host, send: Send, isStoredFirst: boolean) {
    super(host)
    this.#send = send
    this.#isStoredFirst = isStoredFirst
  }

  demanded(cpu: Port): Ticket {
    const ticket = cpu.arm(1)
    const request = this.word('request', cpu.id)
    if (this.#isStoredFirst) cpu.store(request, ticket)
    SENDS[this.#send](cpu, this.host.privates.targets)
    if (!this.#isStoredFirst) cpu.store(request, ticket)
    cpu.invalidateAll()
    return ticket
  }

  interrupted(cpu: Port): typeof DONE {
    const request = this.word('request', 1 - cpu.id)
    const ticket = cpu.load(request)
    if (ticket === 0) return DONE
    cpu.invalidateAll()
    // Before the acknowledgement, which makes room for the next request.
    cpu.exchange(request, 0)
    cpu.acknowledge(ticket)
    return DONE
  }
}

describe('an interrupt waits until the store buffer is empty', () => {
  const given: Partial<ExploreCase> = { operationCount: 2, hasStoreBuffer: true }

  test.each(Object.keys(SENDS) as Send[])('%s', (send) => {
    const first = moduleOf((host) => new Requests(host, send, true))
    expect(verdictOf(planOf(first, given))).toBe('complete')
    expect(verdictOf(planOf(first, { ...given, operationCount: 1, preemption: 'hooks' }))).toBe('complete')
    // The handler runs before the store is there, and nobody interrupts again.
    const after = moduleOf((host) => new Requests(host, send, false))
    expect(verdictOf(planOf(after, given))).toBe('I8')
    // It is the buffer: nothing else can come in between the two.
    expect(verdictOf(planOf(after, { ...given, hasStoreBuffer: false }))).toBe('complete')
  })
})

/**
 * The handler counts each interrupt as a request that it has served, whether anybody has asked or not, and
 * whoever asks waits for as many as it has made. One that comes for nothing is the answer to the next request.
 */
class Counts extends Pair {
  demanded(cpu: Port): Ticket {
    const { made } = this.host.privates
    cpu.set(made, cpu.get(made) + 1)
    cpu.interruptOne(1 - cpu.id)
    cpu.invalidateAll()
    return cpu.reached(this.word('served', cpu.id), cpu.get(made))
  }

  interrupted(cpu: Port): typeof DONE {
    cpu.invalidateAll()
    cpu.add(this.word('served', 1 - cpu.id), 1)
    return DONE
  }
}

test.each<[number, string]>([
  [0, 'complete'],
  [1, 'I6'],
  [2, 'I6'],
])('with %i interrupts for nothing, a handler that counts each of them: %s', (spuriousCount, verdict) => {
  const counts = moduleOf((host) => new Counts(host))
  expect(verdictOf(planOf(counts, { operationCount: 2, alphabet: ['advise'], spuriousCount }))).toBe(verdict)
})
