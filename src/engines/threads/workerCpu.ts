import type { StrategyModule } from '../../contract/strategy.js'
import { ViolationList } from '../../oracle/violations.js'
import { placeCell, type CellWords } from '../cellWords.js'
import { Cpu } from '../cpu.js'
import { AtomicMemory } from './atomicMemory.js'
import type { WorkerBirth } from './protocol.js'
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
  const { tapes, profile, parameters, isOracleFull, serialStart } = birth
  const plan = { tapes, profile, module, parameters, isOracleFull, serialStart }
  const cell = placeCell(plan)
  const violations = new ViolationList()
  const sleeper = new Sleeper(words, cell, id, birth.isOversubscribed)
  const cpu = new Cpu({
    id,
    plan,
    cell,
    words,
    memory: new AtomicMemory(words),
    meter: FREE,
    strategy: module.create(cell.host),
    violations,
    judge: null,
    makePort: (privates, tlb, structures, counters) =>
      new ThreadsPort(id, cell, privates, tlb, structures, counters, words),
    nowNs: clockNs,
    ticksRequested: () => sleeper.wakeAll(),
  })
  const tickNs = module.assumes(parameters).tickNs ?? Infinity
  return { cell, cpu, loop: new WorkerLoop(cpu, words, sleeper, tickNs, birth.pollEvery), violations }
}
