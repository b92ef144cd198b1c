import type { Port } from '../../contract/port.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import { Round, SPARE } from './round.js'

/** CPUs of the round that have not flushed yet, its initiator included. */
const LEFT = SPARE
/** What counts as settled when nobody is left. */
const SERIAL = SPARE + 1

/**
 * A round that nobody waits for, because it begins where nothing can wait: in a tick. Its last
 * acknowledger settles what it was for. A CPU has one at a time, beside the round that its task
 * waits for: it needs a request and a row of its own.
 */
export class UnattendedRound extends Round {
  /** This CPU's last one is not complete on every CPU. */
  isUnderWay(cpu: Port): boolean {
    return cpu.load(this.requestOf(cpu.id) + LEFT) !== 0
  }

  /** @param serial up to which this CPU's changes are settled by the flush; issued before this */
  startFor(cpu: Port, serial: number, space: number, firstPage: number, pageCount: number): void {
    cpu.store(this.requestOf(cpu.id) + SERIAL, serial)
    this.start(cpu, space, firstPage, pageCount, 1)
    this.acknowledge(cpu, cpu.id)
  }

  /** This CPU counts as one: the others may all be done before it has flushed itself. */
  protected override tell(
    cpu: Port,
    count: number,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): Ticket {
    cpu.store(this.requestOf(cpu.id) + LEFT, count + 1)
    if (count === 0) return DONE
    this.publish(cpu, space, firstPage, pageCount, stride, DONE)
    this.ask(cpu)
    cpu.interruptSet(this.targets)
    return DONE
  }

  /** The serial is read before the countdown: whoever takes that to 0 lets the initiator write the next one. */
  protected override acknowledge(cpu: Port, initiator: number): void {
    const at = this.requestOf(initiator)
    const serial = cpu.load(at + SERIAL)
    if (cpu.add(at + LEFT, -1) === 1) cpu.settle(initiator, serial)
  }
}
