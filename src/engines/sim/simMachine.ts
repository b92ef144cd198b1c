import { KERNEL_SPACE } from '../../contract/page.js'
import type { TapeSet } from '../../contract/tape.js'
import { TICKET_KIND, TICKET_REACHED, TICKET_SHIFT, TICKET_ZERO } from '../../contract/ticket.js'
import { boot } from '../../machine/boot.js'
import { COST_ACCESS, COST_DELIVER_SIBLING } from '../../machine/costs.js'
import { Claims } from '../../oracle/claims.js'
import { StaleSpans } from '../../oracle/staleSpans.js'
import { ViolationList } from '../../oracle/violations.js'
import { cpuOf } from '../../pagetable/parts.js'
import { placeCell, type CellPlan, type CellWords } from '../cellWords.js'
import { Cpu } from '../cpu.js'
import { FaultLog } from '../faultLog.js'
import type { WaitView } from '../waits.js'
import { deviceQueueOf, type DeviceQueue } from './deviceQueue.js'
import { aheadPs } from './aheadPs.js'
import { costTable, SimClock } from './simClock.js'
import { SimCpu } from './simCpu.js'
import { interconnectOf, type Interconnect, type Broadcast } from './interconnect.js'
import { Lines } from './lines.js'
import { SimPolls } from './simPolls.js'
import { PlainMemory } from '../plainMemory.js'
import { patiencePs } from './simPatience.js'
import { SimFaults, type UndisturbedSim } from './simFaults.js'
import { SimPort } from './simPort.js'
import { Ticks, type SimTimers } from './simTimers.js'
import { SimTlbs } from './simTlbs.js'
import { Topology } from './topology.js'
import type { ClaimJudge } from '../../oracle/watch.js'

/** All CPUs of a cell in one isolate, and what passes between them. */
export class SimMachine implements UndisturbedSim {
  readonly tapes: TapeSet
  readonly cpus: SimCpu[] = []
  readonly costs: Float64Array
  readonly violations: ViolationList = new ViolationList()
  /** With the whole oracle only. */
  readonly staleSpans: StaleSpans | null
  /** Picoseconds between ticks; Infinity: the strategy takes none. */
  readonly tickPs: number
  readonly cell: CellWords
  /** Null where nothing goes wrong on purpose. */
  readonly faults: SimFaults | null
  /** Null where the strategy needs no broadcasts. */
  readonly interconnect: Interconnect | null
  /** Null where no tape has a device. */
  readonly deviceQueue: DeviceQueue | null
  readonly timers: SimTimers
  readonly tlbs: SimTlbs
  /** Null where the strategy does not poll. */
  readonly polls: SimPolls | null
  /** Virtual time without progress after which a run is given up; 0: turns decide. */
  readonly patiencePs: number
  readonly waitView: WaitView
  readonly #words: Int32Array
  readonly #topology: Topology
  readonly #claims: Claims | null
  readonly #accessPs: number
  readonly #wordWaiters = new Set<number>()
  /** Told whenever something has changed when a CPU can act next. */
  onChange: (cpu: number) => void = () => {}
  /** Told of each broadcast that has got to a CPU: nobody's passes are copies of those before any more. */
  onDelivery: () => void = () => {}

  constructor(plan: CellPlan, random: (bound: number) => number) {
    this.tapes = plan.tapes
    const cell = placeCell(plan)
    this.cell = cell
    const words = new Int32Array(cell.layout.wordCount)
    this.#words = words
    const memory = new PlainMemory(words)
    this.costs = costTable(plan.profile)
    this.#accessPs = this.costs[COST_ACCESS]
    this.#topology = new Topology(plan.profile)
    const lines = new Lines(this.#topology, words.length, cell.config.cpuCount)
    const strategy = plan.module.create(cell.host)
    const { tickNs, pollNs = 0 } = plan.module.assumes(plan.parameters)
    this.tickPs = tickNs === undefined || strategy.ticked === undefined ? Infinity : tickNs * 1000
    this.faults =
      plan.faults === undefined || cell.faults === null
        ? null
        : new SimFaults(this, plan.faults, new FaultLog(memory, cell, cell.faults), cell.config.cpuCount)
    this.timers = this.faults ?? new Ticks(this.tickPs)
    this.interconnect = interconnectOf(cell, this.costs)
    const deviceQueue = deviceQueueOf(memory, cell, this.costs)
    this.deviceQueue = deviceQueue
    const events = this.faults ?? this
    this.patiencePs = plan.faults === undefined ? 0 : patiencePs(plan.faults, plan.tapes)
    this.waitView = {
      cell,
      words,
      tapes: plan.tapes,
      log: this.faults?.log ?? null,
      isPending: (cpu) => this.cpus[cpu].arrivalPs < Infinity,
    }
    let claims: Claims | null = null
    const spans = plan.isOracleFull
      ? new StaleSpans(
          Array.from({ length: cell.config.cpuCount }, (_, id) => ({
            hasStale: (event) => this.cpus[id].cpu.hasStale(event),
          })),
        )
      : null
    this.staleSpans = spans
    this.tlbs = new SimTlbs(this.cpus, spans)
    const judge: ClaimJudge | null = plan.isOracleFull
      ? {
          opened: (serial, change) => {
            claims?.opened(serial, change)
            spans?.changed(change, this.cpus[cpuOf(cell.parts, change.owner)].clock.nowPs / 1000)
          },
          claimed: (owner, from, to) => claims?.claimed(owner, from, to),
          answered: (owner, serial, obligations) => claims?.answered(owner, serial, obligations),
          passed: (event) => claims?.passed(event),
        }
      : null
    for (let id = 0; id < cell.config.cpuCount; id++) {
      const clock = new SimClock(this.costs)
      const cpu = new Cpu({
        id,
        plan,
        cell,
        words,
        memory,
        meter: clock,
        strategy,
        violations: this.violations,
        judge,
        makePort: (privates, tlb, structures, counters) => {
          const shared = { lines, events, spans, device: deviceQueue, tlbs: this.tlbs }
          return new SimPort(id, cell, privates, tlb, structures, counters, words, clock, shared)
        },
        nowNs: () => clock.nowPs / 1000,
        settleDevice: () => void deviceQueue?.settle(clock.nowPs),
        ticksRequested: () => this.#askForTicks(clock.nowPs),
      })
      const sim = new SimCpu(cpu, clock, words)
      // Ticks are spread over the period, as kernels skew them so that not all CPUs contend at once.
      if (this.tickPs < Infinity) sim.timerPs = Math.floor((this.tickPs * (id + 1)) / cell.config.cpuCount)
      this.cpus.push(sim)
    }
    if (plan.isOracleFull) {
      claims = new Claims(
        [...this.cpus.map((sim) => sim.judged), this.cpus[0].cpu.device],
        this.violations,
        cell.parts,
      )
    }
    this.#claims = claims
    const polls = () => new SimPolls(this.cpus, pollNs * 1000, (cpu) => this.onChange(cpu))
    this.polls = strategy.polled === undefined ? null : polls()
    boot(memory, cell.machine, cell.config, random)
  }

  get aheadPs(): number {
    return Math.min(aheadPs(this.costs, this.cell), this.polls?.periodPs ?? Infinity)
  }

  sent(from: number, target: number): void {
    this.deliver(target, this.arrivalOf(from, target))
  }

  arrivalOf(from: number, target: number): number {
    const delivery = this.costs[COST_DELIVER_SIBLING + this.#topology.distance(from, target)]
    return this.cpus[from].clock.nowPs + delivery
  }

  deliver(target: number, arrivalPs: number): void {
    const sim = this.cpus[target]
    // One that is already pending takes this request along: sends coalesce.
    if (arrivalPs < sim.arrivalPs) sim.arrivalPs = arrivalPs
    this.onChange(target)
  }

  broadcast(broadcast: Broadcast, atPs: number): void {
    this.interconnect?.send(broadcast, atPs)
    this.#words[this.#undeliveredWord(broadcast.sender)] += this.cpus.length
    for (const sim of this.cpus) this.#notePurge(sim)
  }

  #undeliveredWord(sender: number): number {
    const { base = 0, stride = 0 } = this.cell.broadcasts?.undelivered ?? {}
    return base + sender * stride
  }

  #notePurge(sim: SimCpu): void {
    sim.purgePs = this.interconnect?.arrivalPs(sim.cpu.id) ?? Infinity
  }

  /** When the next broadcast gets to a CPU; Infinity: none is on its way. */
  get broadcastPs(): number {
    return this.interconnect?.nextPs ?? Infinity
  }

  /**
   * The next broadcast gets to its CPU, if it does so by then, whatever that CPU is doing; the last one of
   * a sender's ends its sync.
   */
  deliversBy(atPs: number): boolean {
    const { interconnect } = this
    if (interconnect === null || interconnect.nextPs > atPs) return false
    const { cpu, atPs: arrivalPs, broadcast } = interconnect.take()
    const sim = this.cpus[cpu]
    const { sender, tag, firstPage, pageCount, stridePages } = broadcast
    sim.cpu.port.dropBroadcast(tag, firstPage, pageCount, stridePages)
    this.staleSpans?.flushed(cpu, KERNEL_SPACE, 0, Infinity, arrivalPs / 1000)
    this.#notePurge(sim)
    this.acknowledged(cpu, sender, arrivalPs, --this.#words[this.#undeliveredWord(sender)])
    this.onDelivery()
    return true
  }

  acknowledged(_by: number, owner: number, atPs: number, left: number): void {
    const sim = this.cpus[owner]
    // Handlers run at their start; the waiter is ready when the latest of them has got to its acknowledgement.
    if (atPs > sim.acknowledgedPs) sim.acknowledgedPs = atPs
    if (left === 0) this.onChange(owner)
  }

  /**
   * Tickets on words of a strategy's own. Handlers run at their start, so the last write that is seen need not be the latest:
   * the waiter is ready at the latest of all writes of its word. Writes of other words are no business of its: counted,
   * CPUs that look again and again would put it off for ever.
   */
  wrote(word: number, atPs: number): void {
    this.polls?.wrote(word, atPs)
    // Nobody does as a rule, and an iterator for every write would cost more than the write.
    if (this.#wordWaiters.size === 0) return
    for (const waiter of this.#wordWaiters) {
      const sim = this.cpus[waiter]
      if (sim.cpu.kernel.ticket >> TICKET_SHIFT !== word) continue
      if (atPs > sim.acknowledgedPs) sim.acknowledgedPs = atPs
      if (sim.ticketReadyPs() !== Infinity) this.onChange(waiter)
    }
  }

  /** A CPU has got a ticket, or has none any more. Countdowns have one waiter, known by the word. */
  noteTicket(sim: SimCpu): void {
    const { ticket } = sim.cpu.kernel
    const { countdowns } = this.cell.control
    const isOwnCountdown = ticket >> TICKET_SHIFT === countdowns.base + sim.cpu.id * countdowns.stride
    const kind = ticket & TICKET_KIND
    if ((kind === TICKET_ZERO && !isOwnCountdown) || kind === TICKET_REACHED)
      this.#wordWaiters.add(sim.cpu.id)
    else this.#wordWaiters.delete(sim.cpu.id)
  }

  settled(owner: number, serial: number, atPs: number): void {
    this.cpus[cpuOf(this.cell.parts, owner)].cpu.watch.settledUpTo(owner, serial, atPs / 1000)
    const { issued } = this.cell.machine
    this.#claims?.settled(owner, serial, this.#words[issued.base + owner * issued.stride])
  }

  /** A tape asks every CPU for a tick. */
  #askForTicks(atPs: number): void {
    for (const sim of this.cpus) {
      if (sim.cpu.kernel.isTickless) this.noteTick(sim)
      if (!this.timers.answersTick(sim)) continue
      sim.tickAskedPs = atPs
      this.onChange(sim.cpu.id)
    }
  }

  noteTick(sim: SimCpu): void {
    const { tickRequest, ticksTaken } = this.cell.control
    this.#words[ticksTaken.base + sim.cpu.id * ticksTaken.stride] = this.#words[tickRequest]
    sim.tickAskedPs = Infinity
  }

  notePass(cpu: number, times: number): void {
    const { passes } = this.cell.control
    this.#words[passes.base + cpu * passes.stride] += times
  }

  /** The waiter reads the line that the last acknowledgement has written. What it has waited for at the device is over. */
  chargeTicket(sim: SimCpu): void {
    this.deviceQueue?.settle(sim.clock.nowPs)
    const { ticket } = sim.cpu.kernel
    const kind = ticket & TICKET_KIND
    if (kind === TICKET_ZERO || kind === TICKET_REACHED) sim.cpu.port.load(ticket >> TICKET_SHIFT)
  }

  /** Accesses that fit into a span of virtual time; at least one, so that every turn gets further. */
  budget(spanPs: number): number {
    if (spanPs === Infinity) return 1 << 20
    return Math.max(1, Math.min(1 << 20, Math.floor(spanPs / this.#accessPs)))
  }

  sectionEnd(cpu: number, isBody: boolean): number {
    const tape = this.tapes.tapes[cpu]
    return isBody ? tape.instructions.length : tape.bodyAt
  }
}
