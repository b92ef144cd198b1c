import { parentPort, workerData } from 'node:worker_threads'
import { KIND_USER, SCOPE_SPACE, type Change } from '../../src/contract/change.js'
import { NEVER_EXPIRES } from '../../src/contract/hardware.js'
import { PRESENT, USER } from '../../src/contract/page.js'
import { SEEN } from '../../src/contract/obligation.js'
import { DONE, SETTLED, TICKET_SHIFT, TICKET_ZERO, type Ticket } from '../../src/contract/ticket.js'
import { PHASE_PASS, PHASE_SETUP } from '../../src/engines/threads/protocol.js'
import { clockNs } from './suite.js'
import { ThreadsCpu } from './threadsCpu.js'
import { interruptPlan, KINDS, type Order, type WorkerBirth } from './interruptPlan.js'

/** One of the two workers between which round trips are measured. Started by {@link file://./interrupt.ts}. */

const birth = workerData as WorkerBirth
const words = new Int32Array(birth.cell)
const raw = new Int32Array(birth.raw)
const PING = 0
const PONG = 64
const ARRIVED = 128

const own = new ThreadsCpu(interruptPlan(), words, birth.id)
const { port, strategy } = own.cpu
const { mailboxes, countdowns, phaseQuiet, phaseOver } = own.cell.control
const isInitiator = birth.id === 0
const mailbox = mailboxes.base + birth.id * mailboxes.stride
const INITIATOR_TICKET = (countdowns.base << TICKET_SHIFT) | TICKET_ZERO

/** A change of a page that neither TLB holds: rounds are what is measured, not refills. */
const change: Change = {
  serial: 0,
  operation: 1,
  space: 1,
  scope: SCOPE_SPACE,
  firstPage: 4096,
  pageCount: 1,
  entry: 0,
  levels: 1,
  kind: KIND_USER,
  oldFlags: PRESENT | USER,
  newFlags: 0,
  tablesFreed: false,
  obligations: SEEN,
  expiry: NEVER_EXPIRES,
  tag: 0,
}

parentPort?.on('message', (order: Order) => {
  if (isInitiator) own.resetPhase()
  meet(order.meeting)
  const start = clockNs()
  const kind = KINDS[order.kind]
  if (isInitiator) initiate(kind, order.rounds)
  else respond(kind, order.rounds)
  // A worker's port has no origin to name; the rule is about windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(clockNs() - start)
})

/** Both are awake, and neither sleeps from here on. */
function meet(meeting: number): void {
  Atomics.add(raw, ARRIVED, 1)
  while (Atomics.load(raw, ARRIVED) < 2 * meeting);
}

function initiate(kind: (typeof KINDS)[number], rounds: number): void {
  switch (kind) {
    case 'setup':
      own.run(PHASE_SETUP)
      return
    case 'raw':
      for (let round = 1; round <= rounds; round++) {
        Atomics.store(raw, PING, round)
        while (Atomics.load(raw, PONG) !== round);
      }
      Atomics.store(raw, PING, 0)
      return
    case 'port':
      for (let round = 0; round < rounds; round++) {
        const ticket = port.arm(1)
        port.interruptOne(1)
        while (Atomics.load(words, ticket >> TICKET_SHIFT) !== 0);
      }
      return
    case 'round':
      for (let round = 0; round < rounds; round++) runRound()
      return
    case 'loop':
      for (let round = 0; round < rounds; round++) runRound()
      Atomics.store(words, phaseOver, 1)
      own.sleeper.wakeAll()
      Atomics.add(words, phaseQuiet, 1)
  }
}

/** What the kernel side asks of the strategy for one changed entry, up to the answer that it is settled. */
function runRound(): void {
  change.serial = (change.serial + 1) | 0
  let ticket: Ticket = strategy.changed(port, change)
  if (ticket === SETTLED || ticket === DONE) throw new Error('a round without anybody to wait for')
  while (Atomics.load(words, ticket >> TICKET_SHIFT) !== 0);
  ticket = strategy.resumed(port, ticket)
  if (ticket !== SETTLED) throw new Error('a round that did not settle its change')
}

function respond(kind: (typeof KINDS)[number], rounds: number): void {
  switch (kind) {
    case 'setup':
      own.run(PHASE_SETUP)
      return
    case 'raw':
      for (let round = 1; round <= rounds; round++) {
        while (Atomics.load(raw, PING) !== round);
        Atomics.store(raw, PONG, round)
      }
      return
    case 'port':
      for (let round = 0; round < rounds; round++) {
        while (Atomics.load(words, mailbox) === 0);
        Atomics.store(words, mailbox, 0)
        port.acknowledge(INITIATOR_TICKET)
      }
      return
    case 'round':
      for (let round = 0; round < rounds; round++) {
        while (Atomics.load(words, mailbox) === 0);
        Atomics.store(words, mailbox, 0)
        strategy.interrupted(port)
      }
      return
    case 'loop':
      own.run(PHASE_PASS)
  }
}
