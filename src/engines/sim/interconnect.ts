import { COST_BROADCAST_REACH, COST_BROADCAST_REACH_EACH } from '../../machine/costs.js'
import type { CellWords } from '../cellWords.js'
import { Schedule } from './schedule.js'

export interface Broadcast {
  readonly sender: number
  readonly tag: number
  readonly firstPage: number
  readonly pageCount: number
  readonly stridePages: number
}

interface Arrival {
  readonly atPs: number
  readonly broadcast: Broadcast
}

/** One broadcast at one CPU. */
interface Delivery extends Arrival {
  readonly cpu: number
}

/**
 * Broadcasts on their way. Each gets to the CPUs one after the other, beginning with the sender, so that
 * the time until all have it grows with their number; CPUs that broadcast at the same time do not hold
 * each other up. A CPU is not charged for what it drops.
 */
export class Interconnect {
  readonly #cpuCount: number
  readonly #reachPs: number
  readonly #reachEachPs: number
  /** Per CPU what is on its way to it, by time of arrival. */
  readonly #queues: Arrival[][]
  readonly #next: Schedule

  constructor(cpuCount: number, reachPs: number, reachEachPs: number) {
    this.#cpuCount = cpuCount
    this.#reachPs = reachPs
    this.#reachEachPs = reachEachPs
    this.#queues = Array.from({ length: cpuCount }, () => [])
    this.#next = new Schedule(cpuCount)
  }

  send(broadcast: Broadcast, atPs: number): void {
    for (let step = 0; step < this.#cpuCount; step++) {
      const cpu = (broadcast.sender + step) % this.#cpuCount
      this.#insert(cpu, { atPs: atPs + this.#reachPs + this.#reachEachPs * step, broadcast })
    }
  }

  #insert(cpu: number, arrival: Arrival): void {
    const queue = this.#queues[cpu]
    let at = queue.length
    while (at > 0 && queue[at - 1].atPs > arrival.atPs) at--
    queue.splice(at, 0, arrival)
    this.#next.set(cpu, queue[0].atPs)
  }

  /** When the next broadcast gets to a CPU; Infinity: none is on its way to it. */
  arrivalPs(cpu: number): number {
    return this.#next.timeOf(cpu)
  }

  /** The same for whatever CPU is the next. */
  get nextPs(): number {
    return this.#next.timeOf(this.#next.next)
  }

  /** The next one, which has arrived by that. There must be one. */
  take(): Delivery {
    const cpu = this.#next.next
    const queue = this.#queues[cpu]
    const arrival = queue.shift()
    if (arrival === undefined) throw new Error('no broadcast is on its way')
    this.#next.set(cpu, queue.length === 0 ? Infinity : queue[0].atPs)
    return { cpu, ...arrival }
  }
}

/** Null where the strategy needs no broadcasts. */
export function interconnectOf({ broadcasts, config }: CellWords, costs: Float64Array): Interconnect | null {
  if (broadcasts === null) return null
  return new Interconnect(config.cpuCount, costs[COST_BROADCAST_REACH], costs[COST_BROADCAST_REACH_EACH])
}
