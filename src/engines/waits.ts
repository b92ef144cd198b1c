import { reachedSerial } from '../contract/change.js'
import {
  ROLE_INITIATOR,
  ROLE_INNOCENT,
  TAPE_AWAIT_READERS,
  TAPE_BARRIER,
  TAPE_TICK,
} from '../contract/tape.js'
import type { TapeSet } from '../contract/tape.js'
import { AGAIN, DONE, TICKET_AT, TICKET_KIND, TICKET_SHIFT, TICKET_ZERO } from '../contract/ticket.js'
import { DEPTH, POSITION_WORDS, TICKET } from '../pagetable/position.js'
import { lockHolders, pinHolders, frameHolders } from '../pagetable/holdups.js'
import { TAPE_STATE_WORDS, type CellWords } from './cellWords.js'
import type { FaultLog } from './faultLog.js'
import { AT, PART } from './tapeState.js'

/** What a watchdog sees of a cell: words that CPUs may still be writing, so every answer is a look and not a proof. */
export interface WaitView {
  readonly cell: CellWords
  readonly words: Int32Array
  readonly tapes: TapeSet
  /** Null where there is no fault: then nobody writes down whom a countdown waits for. */
  readonly log: FaultLog | null
  /** An interrupt is on its way to the CPU, or not taken yet. */
  isPending(cpu: number): boolean
}

/** What a CPU waits for, and of whom as far as anybody can tell. */
export interface Wait {
  /** Reads on as `of CPU 1`. */
  readonly what: string
  readonly on: readonly number[]
}

/** Null: it waits for nothing that another CPU would have to do. */
export function waitOf(view: WaitView, cpu: number): Wait | null {
  if (view.log?.isKilled(cpu)) return null
  const p = positionOf(view, cpu)
  if (p[TICKET] !== DONE) return ticketWait(view, cpu, p[TICKET])
  return p[DEPTH] > 0 ? kernelWait(view, cpu, p) : tapeWait(view, cpu)
}

function positionOf({ cell, words }: WaitView, cpu: number): Int32Array {
  const at = cell.control.privates.base + cpu * cell.control.privates.stride
  return words.subarray(at, at + POSITION_WORDS)
}

function ticketWait(view: WaitView, cpu: number, ticket: number): Wait {
  if (ticket === AGAIN) return { what: 'another look of its strategy (AGAIN)', on: [] }
  const kind = ticket & TICKET_KIND
  if (kind === TICKET_AT) return { what: 'a time', on: [] }
  const word = ticket >> TICKET_SHIFT
  const { countdowns } = view.cell.control
  if (word === countdowns.base + cpu * countdowns.stride) {
    const missing = view.words[word]
    const what = missing === 1 ? 'an acknowledgement' : `${missing} acknowledgements, one`
    return {
      what,
      on: view.log?.awaitedBy(cpu) ?? others(view, cpu).filter((other) => view.isPending(other)),
    }
  }
  const end = kind === TICKET_ZERO ? 'to become 0' : 'to get further'
  return { what: `${view.cell.layout.nameOf(word)} ${end}`, on: view.log?.lostBy(cpu) ?? [] }
}

function kernelWait(view: WaitView, cpu: number, p: Int32Array): Wait | null {
  const stackOf = (other: number) => positionOf(view, other)
  const logOf = (other: number) => {
    const at = view.cell.control.privates.base + other * view.cell.control.privates.stride
    return view.words.subarray(at + view.cell.logAt, at + view.cell.tapeAt)
  }
  const machine = { words: view.words, layout: view.cell.machine, others: others(view, cpu), stackOf, logOf }
  const locked = lockHolders(machine, p)
  if (locked !== null) return { what: 'the lock of an entry', on: locked }
  const pinned = pinHolders(machine, p)
  if (pinned !== null) return { what: 'the end of a fault', on: pinned }
  const claimed = frameHolders(machine, p)
  return claimed === null ? null : { what: 'a frame that is claimed', on: claimed }
}

function tapeWait(view: WaitView, cpu: number): Wait | null {
  const { cell, words, tapes } = view
  const { passes, ticksTaken } = cell.control
  const state = stateOf(view, cpu)
  if (state[PART] === 0) return null
  const noted = state[TAPE_STATE_WORDS - 1]
  switch (tapes.tapes[cpu].instructions[state[AT]] & 0xff) {
    case TAPE_BARRIER: {
      const on = others(view, cpu).filter((other) => isMissingAtBarrier(view, other))
      return { what: 'the arrival at a barrier', on }
    }
    case TAPE_AWAIT_READERS: {
      const isMissing = (reader: number) =>
        tapes.tapes[reader].role === ROLE_INNOCENT &&
        !reachedSerial(words[passes.base + reader * passes.stride], state[TAPE_STATE_WORDS + reader])
      return { what: 'a pass', on: others(view, cpu).filter(isMissing) }
    }
    case TAPE_TICK: {
      const isMissing = (other: number) =>
        !reachedSerial(words[ticksTaken.base + other * ticksTaken.stride], noted)
      return { what: 'a tick', on: others(view, cpu).filter(isMissing) }
    }
    default:
      return null
  }
}

function isMissingAtBarrier(view: WaitView, cpu: number): boolean {
  const tape = view.tapes.tapes[cpu]
  const state = stateOf(view, cpu)
  const isThere = (tape.instructions[state[AT]] & 0xff) === TAPE_BARRIER && state[PART] !== 0
  return tape.role === ROLE_INITIATOR && !isThere
}

function stateOf({ cell, words }: WaitView, cpu: number): Int32Array {
  const at = cell.control.privates.base + cpu * cell.control.privates.stride
  return words.subarray(at + cell.tapeAt, at + cell.strategyAt)
}

function others(view: WaitView, cpu: number): number[] {
  return view.tapes.tapes.map((_, other) => other).filter((other) => other !== cpu)
}
