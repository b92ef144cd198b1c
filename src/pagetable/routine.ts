import { AGAIN, DONE, waits, type Ticket } from '../contract/ticket.js'
import {
  DEPTH,
  FRAME_SIZE,
  FRAMES_AT,
  LOCALS,
  MAX_DEPTH,
  PHASE,
  RESULT,
  ROUTINE,
  TICKET,
  TICKET_RESULT,
  top,
} from './position.js'

/**
 * The kernel side is made of routines that call each other and can stop after every step. JavaScript
 * has no coroutines whose state could be copied, so the stack is words and each routine is a switch
 * over its phases. A step either makes progress or leaves no trace.
 */

/** The step made progress; call again. */
export const RAN = 0
/** The topmost routine is finished; its result is in RESULT. */
export const RETURNED = 1
/** Something is locked by another CPU: take interrupts, then call again. Nothing was changed. */
export const RETRY = 2
/** Waiting for a ticket: only the engine can tell when it is satisfied. */
export const WAITING = 3
/** Only control moved on; the step continues with what comes next. */
export const GO_ON = 8
export type Outcome = typeof RAN | typeof RETURNED | typeof RETRY | typeof WAITING | typeof GO_ON

export const ROUTINE_RANGE = 1
export const ROUTINE_DEMAND = 2
export const ROUTINE_TAKE_FRAME = 3
export const ROUTINE_FAULT = 4
export const ROUTINE_MAP = 5
export const ROUTINE_UNMAP = 6
export const ROUTINE_DISPOSE = 7
export const ROUTINE_BATCH_BEGIN = 8
export const ROUTINE_BATCH_END = 9
export const ROUTINE_DRAIN = 10
export const ROUTINE_SWITCH = 11
export const ROUTINE_PIN_PAGES = 12
export const ROUTINE_UNMAP_STRICTLY = 13
export const ROUTINE_DEVICE_ACCESS = 14
export const ROUTINE_GET = 15
export const ROUTINE_PUT = 16
export const ROUTINE_TEARDOWN = 17
const ROUTINE_NAMES = [
  'none',
  'range',
  'demand',
  'takeFrame',
  'fault',
  'map',
  'unmap',
  'dispose',
  'batchBegin',
  'batchEnd',
  'drain',
  'switch',
  'pinPages',
  'unmapStrictly',
  'deviceAccess',
  'get',
  'put',
  'teardown',
] as const

/** Starts a routine on top of the stack; its locals are zero but for those given. */
export function push(p: Int32Array, routine: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): void {
  if (p[DEPTH] === MAX_DEPTH) throw new Error('kernel routine stack overflow')
  p[DEPTH]++
  const at = top(p)
  p.fill(0, at, at + FRAME_SIZE)
  p[at + ROUTINE] = routine
  p[at + LOCALS] = a
  p[at + LOCALS + 1] = b
  p[at + LOCALS + 2] = c
  p[at + LOCALS + 3] = d
  p[at + LOCALS + 4] = e
  p[at + LOCALS + 5] = f
}

export function pop(p: Int32Array, result: number): Outcome {
  p[RESULT] = result
  p[DEPTH]--
  return RETURNED
}

/**
 * Ends a step with a hook's ticket: the routine goes on in `phase` once the ticket and everything
 * that `resumed` makes of it is done; TICKET_RESULT then holds DONE, SETTLED or REFUSED.
 */
export function waitFor(p: Int32Array, ticket: Ticket, phase: number): Outcome {
  p[top(p) + PHASE] = phase
  settleTicket(p, ticket)
  return RAN
}

/** Notes what a hook returned: a wait, or the end of the hook. */
export function settleTicket(p: Int32Array, ticket: Ticket): void {
  if (ticket === AGAIN || waits(ticket)) {
    p[TICKET] = ticket
  } else {
    p[TICKET] = DONE
    p[TICKET_RESULT] = ticket
  }
}

export function goTo(p: Int32Array, phase: number): Outcome {
  p[top(p) + PHASE] = phase
  return GO_ON
}

/** For watchdogs: the stack of a CPU, innermost last. */
export function describeStack(p: Int32Array): string {
  const names: string[] = []
  for (let depth = 0; depth < p[DEPTH]; depth++) {
    const at = FRAMES_AT + depth * FRAME_SIZE
    names.push(`${ROUTINE_NAMES[p[at + ROUTINE]]}:${p[at + PHASE]}`)
  }
  return names.length === 0 ? 'user mode' : names.join(' > ')
}
