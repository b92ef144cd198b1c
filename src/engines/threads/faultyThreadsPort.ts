import type { Ticket } from '../../contract/ticket.js'
import type { StructureCache } from '../../machine/structureCache.js'
import type { Tlb } from '../../machine/tlb.js'
import type { CellWords } from '../cellWords.js'
import { isStruck, type Draw, type FaultPlan } from '../faultPlan.js'
import type { FaultLog } from '../faultLog.js'
import { clockNs, ThreadsPort } from './threadsPort.js'

/** The port of a worker whose interrupts can be lost or overtaken, and that writes down whom it waits for. */
export class FaultyThreadsPort extends ThreadsPort {
  readonly #plan: FaultPlan
  readonly #draw: Draw
  readonly #log: FaultLog
  #isOn = false
  /** The CPU whose interrupt waits to be overtaken; -1: none. */
  #held = -1
  #heldUntilNs = Infinity

  constructor(
    id: number,
    cell: CellWords,
    privates: Int32Array,
    tlb: Tlb,
    structures: StructureCache,
    counters: Float64Array,
    words: Int32Array<SharedArrayBuffer>,
    plan: FaultPlan,
    draw: Draw,
    log: FaultLog,
  ) {
    super(id, cell, privates, tlb, structures, counters, words)
    this.#plan = plan
    this.#draw = draw
    this.#log = log
  }

  begin(): void {
    this.#isOn = true
  }

  end(): void {
    this.#isOn = false
    this.#letGo()
  }

  protected override send(target: number): void {
    this.#log.sends(this.id, target)
    if (this.#isOn && this.#isLost()) {
      this.#log.loses(this.id, target)
      return
    }
    const reorder = this.#plan.faults['reorder-interrupt']
    if (!this.#isOn || reorder === undefined) {
      super.send(target)
      return
    }
    if (this.#held < 0 && isStruck(this.#draw, reorder['percent'])) {
      this.#held = target
      this.#heldUntilNs = clockNs() + reorder['holdNs']
      return
    }
    super.send(target)
    if (target !== this.#held) this.#letGo()
  }

  /** Asked at every look: nobody overtook it in time. */
  release(now: number): void {
    if (now >= this.#heldUntilNs) this.#letGo()
  }

  #letGo(): void {
    if (this.#held < 0) return
    const target = this.#held
    this.#held = -1
    this.#heldUntilNs = Infinity
    super.send(target)
  }

  #isLost(): boolean {
    const loss = this.#plan.faults['lose-interrupt']
    if (loss === undefined) return false
    if (loss['percent'] > 0) return isStruck(this.#draw, loss['percent'])
    return this.#log.countSend() === loss['nth']
  }

  override acknowledge(ticket: Ticket): void {
    this.#log.acknowledges(this.id, this.ownerOf(ticket))
    super.acknowledge(ticket)
  }
}
