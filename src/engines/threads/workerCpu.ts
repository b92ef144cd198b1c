import type { StrategyModule } from '../../contract/strategy.js'
import { ViolationList } from '../../oracle/violations.js'
import { placeCell, type CellWords } from '../cellWords.js'
import { Cpu } from '../cpu.js'
import { faultStream } from '../faultPlan.js'
import { FaultLog } from '../faultLog.js'
import { AtomicMemory } from './atomicMemory.js'
import { FaultyInbox } from './faultyInbox.js'
import { FaultyThreadsPort } from './faultyThreadsPort.js'
import { BroadcastInbox } from './broadcastInbox.js'
import { PollingInbox } from './pollingInbox.js'
import { type Inbox, Mailbox } from './inbox.js'
import { LeaseInbox } from './leaseInbox.js'
import type { WorkerBirth } from './protocol.js'
import { sharedAheadNs } from './sharedClock.js'
import { Sleeper } from './sleeper.js'
import { clockNs, FREE, ThreadsPort } from './threadsPort.js'
import { WorkerLoop } from './workerLoop.js'

/** One CPU of a cell on the calling thread. */
export interface WorkerCpu {
  readonly cell: CellWords
  readonly cpu: Cpu
  readonly loop: WorkerLoop
  readonly violations: ViolationList
}

/** @param words the cell's words, booted */
export function makeWorkerCpu(
  birth: WorkerBirth,
  module: StrategyModule,
  id: number,
  words: Int32Array<SharedArrayBuffer>,
): WorkerCpu {
  const { tapes, profile, parameters, isOracleFull, isOracleOff, serialStart, faults } = birth
  const plan = { tapes, profile, module, parameters, isOracleFull, isOracleOff, serialStart, faults }
  const cell = placeCell(plan)
  const violations = new ViolationList()
  const sleeper = new Sleeper(words, cell, id, birth.isOversubscribed)
  const memory = new AtomicMemory(words)
  const mailbox = cell.control.mailboxes.base + id * cell.control.mailboxes.stride
  let inbox: Inbox = new Mailbox(words, mailbox)
  let takeBroadcasts = (): void => {}
  const cpu = new Cpu({
    id,
    plan,
    cell,
    words,
    memory,
    meter: FREE,
    strategy: module.create(cell.host),
    violations,
    judge: null,
    makePort: (privates, tlb, structures, counters) => {
      if (faults === undefined || cell.faults === null) {
        const port = new ThreadsPort(id, cell, privates, tlb, structures, counters, words)
        takeBroadcasts = () => port.takeBroadcasts()
        return port
      }
      const draw = faultStream(faults.seed, id)
      const log = new FaultLog(memory, cell, cell.faults)
      const port = new FaultyThreadsPort(
        id,
        cell,
        privates,
        tlb,
        structures,
        counters,
        words,
        faults,
        draw,
        log,
      )
      takeBroadcasts = () => port.takeBroadcasts()
      inbox = new FaultyInbox(faults, id, draw, log, port, words, mailbox)
      return port
    },
    nowNs: clockNs,
    ticksRequested: () => sleeper.wakeAll(),
  })
  if (cell.broadcasts !== null || cell.drops !== null)
    inbox = new BroadcastInbox(inbox, words, mailbox, takeBroadcasts)
  if (cell.expiries !== null && cpu.lease !== null) {
    const { port } = cpu
    port.sharedAheadNs = sharedAheadNs(words, cell.expiries.clockStart)
    inbox = new LeaseInbox(inbox, cpu.lease, () => port.sharedNs())
  }
  if (cpu.strategy.polled !== undefined) {
    inbox = new PollingInbox(inbox, cpu)
    sleeper.sleepsLightly()
  }
  const tickNs = module.assumes(parameters).tickNs ?? Infinity
  return { cell, cpu, loop: new WorkerLoop(cpu, words, sleeper, tickNs, inbox), violations }
}
