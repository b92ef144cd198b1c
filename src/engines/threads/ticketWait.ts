import { reachedSerial } from '../../contract/change.js'
import {
  AGAIN,
  TICKET_AT,
  TICKET_KIND,
  TICKET_REACHED,
  TICKET_SHIFT,
  type Ticket,
} from '../../contract/ticket.js'
import type { Cpu } from '../cpu.js'
import { clockNs, type ThreadsPort } from './threadsPort.js'

/** One look at what a task waits for. */
export function isSatisfied(
  ticket: Ticket,
  words: Int32Array<SharedArrayBuffer>,
  port: Pick<ThreadsPort, 'ticketTimeNs' | 'ticketValue'>,
): boolean {
  if (ticket === AGAIN) return true
  const word = ticket >> TICKET_SHIFT
  switch (ticket & TICKET_KIND) {
    case TICKET_AT:
      return clockNs() >= port.ticketTimeNs
    case TICKET_REACHED:
      return reachedSerial(Atomics.load(words, word), port.ticketValue)
    default:
      return Atomics.load(words, word) === 0
  }
}

/** Only the last acknowledgement of a countdown rings; who waits for another word has to look again. */
export function canRing({ id, kernel, cell }: Cpu): boolean {
  const { countdowns } = cell.control
  return kernel.ticket >> TICKET_SHIFT === countdowns.base + id * countdowns.stride
}
