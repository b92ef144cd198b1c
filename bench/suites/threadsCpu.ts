import { placeCell, type CellPlan, type CellWords } from '../../src/engines/cellWords.js'
import { Cpu } from '../../src/engines/cpu.js'
import { AtomicMemory } from '../../src/engines/threads/atomicMemory.js'
import { Mailbox } from '../../src/engines/threads/inbox.js'
import { PHASE_SETUP } from '../../src/engines/threads/protocol.js'
import { Sleeper } from '../../src/engines/threads/sleeper.js'
import { clockNs as portClockNs, FREE, ThreadsPort } from '../../src/engines/threads/threadsPort.js'
import { WorkerLoop } from '../../src/engines/threads/workerLoop.js'
import { boot } from '../../src/machine/boot.js'
import { ViolationList } from '../../src/oracle/violations.js'
import { randomBelow } from './cell.js'
import { clockNs } from './suite.js'

/** The words of a cell, with the machine in its state before the first instruction. */
export function bootCell(plan: CellPlan): Int32Array<SharedArrayBuffer> {
  const cell = placeCell(plan)
  const words = new Int32Array(new SharedArrayBuffer(cell.layout.wordCount * Int32Array.BYTES_PER_ELEMENT))
  boot(new AtomicMemory(words), cell.machine, cell.config, randomBelow())
  return words
}

/**
 * One CPU of the `threads` engine, put together as src/engines/threads/worker.ts does, in whatever
 * thread calls this: the loop, the memory and the port are the engine's own.
 */
export class ThreadsCpu {
  readonly plan: CellPlan
  readonly cell: CellWords
  readonly cpu: Cpu
  readonly loop: WorkerLoop
  readonly sleeper: Sleeper
  readonly words: Int32Array<SharedArrayBuffer>

  constructor(plan: CellPlan, words: Int32Array<SharedArrayBuffer>, id: number) {
    this.plan = plan
    this.words = words
    const cell = placeCell(plan)
    this.cell = cell
    this.sleeper = new Sleeper(words, cell, id, false)
    this.cpu = new Cpu({
      id,
      plan,
      cell,
      words,
      memory: new AtomicMemory(words),
      meter: FREE,
      strategy: plan.module.create(cell.host),
      violations: new ViolationList(),
      judge: null,
      makePort: (privates, tlb, structures, counters) =>
        new ThreadsPort(id, cell, privates, tlb, structures, counters, words),
      nowNs: portClockNs,
      ticksRequested: () => this.sleeper.wakeAll(),
    })
    const mailbox = cell.control.mailboxes.base + id * cell.control.mailboxes.stride
    this.loop = new WorkerLoop(this.cpu, words, this.sleeper, Infinity, new Mailbox(words, mailbox))
  }

  /** The words by which CPUs find the end of a phase; for one CPU to call before any enters it. */
  resetPhase(): void {
    const { phaseArrived, phaseEnded, phaseQuiet, phaseOver } = this.cell.control
    for (const word of [phaseArrived, phaseEnded, phaseQuiet, phaseOver]) Atomics.store(this.words, word, 0)
  }

  /** Runs a phase with as many CPUs as the cell has. @returns nanoseconds */
  run(phase: number): number {
    this.loop.resetCounts()
    const start = clockNs()
    const needed = phase === PHASE_SETUP ? this.cell.config.cpuCount : 1
    this.loop.run(phase, needed, clockNs)
    return clockNs() - start
  }
}

/** A cell of one CPU, in this thread, after its setup. */
export function loneCpu(plan: CellPlan): ThreadsCpu {
  const alone = new ThreadsCpu(plan, bootCell(plan), 0)
  alone.run(PHASE_SETUP)
  return alone
}
