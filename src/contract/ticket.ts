/**
 * A ticket says what a hook still waits for. No hook ever blocks: it returns a ticket, the kernel
 * side waits (taking interrupts meanwhile) and then calls `resumed` with it.
 *
 * A ticket is a small integer, so that returning one allocates nothing: a kind in the low 3 bits, a
 * word index above. What does not fit (the value of `reached`, the time of `at`) is kept by the port
 * that made the ticket. A ticket that waits is therefore made by the port, returned by the hook that
 * asked for it, and forgotten when it is satisfied. A CPU has one, for its task: handlers do not wait.
 */
export type Ticket = number

/** The hook has nothing more to do. Says nothing about settlement. */
export const DONE = 0
/**
 * DONE, and a claim: what the hook was called for is settled. From `changed` (or its `resumed`) the
 * claim covers that change, from `finished` every change of the operation and of those nested in it.
 * From `demanded` it means the same as DONE. It is evidence for those
 * changes alone and moves no watermark, so that a strategy can settle an `mprotect` while an earlier
 * lazy unmap of the same CPU still waits for its sweep.
 */
export const SETTLED = 1
/** Call `resumed` again after the next point where interrupts are taken. */
export const AGAIN = 2
/** Only from `demanded`, and only where the demand may fail. */
export const REFUSED = 3

/** Kinds of ticket that wait; the word index is `ticket >> TICKET_SHIFT`. */
export const TICKET_ZERO = 4
export const TICKET_REACHED = 5
export const TICKET_AT = 6
export const TICKET_SHIFT = 3
export const TICKET_KIND: number = (1 << TICKET_SHIFT) - 1

/** True for tickets that are satisfied by something that happens elsewhere. */
export function waits(ticket: Ticket): boolean {
  return (ticket & TICKET_KIND) >= TICKET_ZERO
}
