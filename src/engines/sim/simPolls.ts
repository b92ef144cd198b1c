import type { SimCpu } from './simCpu.js'
import type { SimPort } from './simPort.js'

/**
 * Strategies that poll, in virtual time. A look that finds nothing does nothing, and the next one would
 * find the same until a word that it has loaded is written: so it is the write that brings on the next
 * look (SimCpu.pollPs), and the vain ones in between, which hit the CPU's own caches, cost nothing.
 */
export class SimPolls {
  /** How long user code goes on before it looks. */
  readonly periodPs: number
  readonly #cpus: readonly SimCpu[]
  /** What each CPU has loaded in its last look, and who has loaded a word. */
  readonly #looked: number[][]
  readonly #lookers = new Map<number, Set<number>>()
  readonly #onChange: (cpu: number) => void

  constructor(cpus: readonly SimCpu[], periodPs: number, onChange: (cpu: number) => void) {
    this.periodPs = periodPs
    this.#cpus = cpus
    this.#looked = cpus.map(() => [])
    this.#onChange = onChange
    for (const sim of cpus) {
      sim.pollPeriodPs = periodPs
      // Each has to have looked once, or nothing that is written would concern it.
      sim.askedPs = 0
    }
  }

  /** A shared word was written, by whomever. */
  wrote(word: number, atPs: number): void {
    const lookers = this.#lookers.get(word)
    if (lookers === undefined) return
    for (const id of lookers) {
      const sim = this.#cpus[id]
      if (atPs >= sim.askedPs) continue
      sim.askedPs = atPs
      this.#onChange(id)
    }
  }

  /** The CPU looks. What it takes out of a word that it looks at makes it look once more, in vain. */
  look(sim: SimCpu): void {
    const { cpu, clock } = sim
    const port = cpu.port as SimPort
    const startPs = clock.nowPs
    const looked: number[] = []
    sim.askedPs = Infinity
    port.looked = looked
    cpu.strategy.polled?.(port)
    port.looked = null
    // Work in user mode goes on after it.
    if (sim.isComputing) sim.busyUntilPs += clock.nowPs - startPs
    this.#watch(cpu.id, looked)
  }

  #watch(cpu: number, looked: number[]): void {
    const before = this.#looked[cpu]
    if (looked.length === before.length && looked.every((word, index) => word === before[index])) return
    for (const word of before) this.#lookers.get(word)?.delete(cpu)
    for (const word of looked) {
      const lookers = this.#lookers.get(word) ?? new Set()
      this.#lookers.set(word, lookers.add(cpu))
    }
    this.#looked[cpu] = looked
  }
}
