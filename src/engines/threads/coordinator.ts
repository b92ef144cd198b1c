import { Worker } from 'node:worker_threads'
import { ROLE_INITIATOR } from '../../contract/tape.js'
import { boot } from '../../machine/boot.js'
import { ViolationList } from '../../oracle/violations.js'
import { describeStack } from '../../pagetable/routine.js'
import { POSITION_WORDS, TICKET } from '../../pagetable/position.js'
import { placeCell, type CellPlan, type CellWords } from '../cellWords.js'
import { describeTape } from '../tapeState.js'
import { deadEnd, describeWait } from '../deadEnd.js'
import { FaultLog } from '../faultLog.js'
import { Stuck } from '../stuck.js'
import type { WaitView } from '../waits.js'
import { AtomicMemory } from './atomicMemory.js'
import {
  PHASE_BITS,
  PHASE_EXIT,
  PHASE_PASS,
  type FoundViolation,
  type PhaseReport,
  type WorkerBirth,
} from './protocol.js'

export interface ThreadsPlan {
  readonly plan: CellPlan
  readonly strategyFile: string
  readonly isOversubscribed: boolean
  readonly watchdogMs: number
}

/** Looks at the initiators' places while faults are on. */
const LOOK_MS = 250
/** As many looks that find all of them where they were. Longer than a pause on a tape can be. */
const STILL_LOOKS = 12
/** Of a tape's state: its position and its loops. */
const LOOP_STATE_WORDS = 12

/** The workers of one repetition, run phase by phase. Started files: {@link file://./worker.ts}. */
export class Coordinator {
  readonly cell: CellWords
  readonly memory: AtomicMemory
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #workers: Worker[] = []
  readonly #options: ThreadsPlan
  readonly #log: FaultLog | null
  readonly #view: WaitView
  /** What workers have found so far. */
  readonly found: ViolationList = new ViolationList()
  #phaseCount = 0

  constructor(options: ThreadsPlan, random: (bound: number) => number) {
    this.#options = options
    this.cell = placeCell(options.plan)
    this.#words = new Int32Array(
      new SharedArrayBuffer(this.cell.layout.wordCount * Int32Array.BYTES_PER_ELEMENT),
    )
    this.memory = new AtomicMemory(this.#words)
    const { cell } = this
    this.#log = cell.faults === null ? null : new FaultLog(this.memory, cell, cell.faults)
    const { mailboxes } = cell.control
    this.#view = {
      cell,
      words: this.#words,
      tapes: options.plan.tapes,
      log: this.#log,
      isPending: (cpu) => this.#words[mailboxes.base + cpu * mailboxes.stride] !== 0,
    }
    boot(this.memory, this.cell.machine, this.cell.config, random)
  }

  async start(): Promise<void> {
    const { plan, strategyFile, isOversubscribed } = this.#options
    for (let id = 0; id < this.cell.config.cpuCount; id++) {
      const birth: WorkerBirth = {
        id,
        buffer: this.#words.buffer,
        strategyFile,
        parameters: plan.parameters,
        tapes: plan.tapes,
        profile: plan.profile,
        isOracleFull: plan.isOracleFull,
        isOracleOff: plan.isOracleOff ?? false,
        serialStart: plan.serialStart,
        isOversubscribed,
        faults: plan.faults,
      }
      const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: birth })
      // The second one that fails finds nobody collecting any more, and Node ends a process for an error unheard.
      worker.on('error', () => {})
      this.#workers.push(worker)
    }
    await this.#collect<string>(PHASE_EXIT)
  }

  /** @param stopAfterMs for a phase that does not end by itself */
  async run(phase: number, stopAfterMs?: number): Promise<PhaseReport[]> {
    const { control } = this.cell
    for (const word of [control.phaseArrived, control.phaseEnded, control.phaseQuiet, control.phaseOver]) {
      Atomics.store(this.#words, word, 0)
    }
    if (phase === PHASE_PASS) this.#log?.beginCounting()
    const reports = this.#collect<PhaseReport>(phase)
    this.#announce(phase)
    const timer = stopAfterMs === undefined ? undefined : setTimeout(() => this.#stopPhase(), stopAfterMs)
    try {
      const byId = await reports
      return byId.sort((a, b) => a.id - b.id)
    } finally {
      clearTimeout(timer)
    }
  }

  #announce(phase: number): void {
    this.#phaseCount++
    Atomics.store(this.#words, this.cell.control.phase, (this.#phaseCount << PHASE_BITS) | phase)
    Atomics.notify(this.#words, this.cell.control.phase)
  }

  #stopPhase(): void {
    Atomics.store(this.#words, this.cell.control.phaseOver, 1)
  }

  /** One message of every worker; a worker that dies, or none that comes in time, is an error with every CPU's state. */
  #collect<T>(phase: number): Promise<T[]> {
    const { promise, resolve, reject } = deferred<T[]>()
    const messages: T[] = []
    const fail = (reason: string) => reject(new Stuck(`${reason}\n${deadEnd(this.#view)}`, this.#describe()))
    const timer = setTimeout(
      () => fail(`no progress within ${this.#options.watchdogMs / 1000} s`),
      this.#options.watchdogMs,
    )
    const watch =
      this.#log === null || phase !== PHASE_PASS ? undefined : this.#watchProgress((reason) => fail(reason))
    const releases = this.#workers.map((worker, id) => {
      const onMessage = (message: T | FoundViolation) => {
        if (isFound(message)) {
          this.found.add(message.violation)
          return
        }
        messages.push(message)
        if (messages.length === this.#workers.length) resolve(messages)
      }
      const onError = (error: Error) => fail(`the worker of CPU ${id} failed: ${error.message}`)
      const onExit = () =>
        fail(
          this.#log?.isKilled(id)
            ? `the worker of CPU ${id} was killed by the fault kill-worker`
            : `the worker of CPU ${id} has died`,
        )
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      return () => worker.off('message', onMessage).off('error', onError).off('exit', onExit)
    })
    return promise.finally(() => {
      clearTimeout(timer)
      clearInterval(watch)
      for (const release of releases) release()
    })
  }

  /**
   * Faults can stop a run for good, and then nobody should wait as long as for a machine that is merely
   * slow. The places of all initiators standing still is what tells the two apart.
   */
  #watchProgress(fail: (reason: string) => void): NodeJS.Timeout {
    const { tapes } = this.#options.plan.tapes
    const { privates } = this.cell.control
    const places = () =>
      tapes
        .map((tape, cpu) => {
          const at = privates.base + cpu * privates.stride
          return tape.role === ROLE_INITIATOR
            ? this.#words.slice(at, at + this.cell.tapeAt + LOOP_STATE_WORDS).join()
            : ''
        })
        .join()
    let last = places()
    let sameFor = 0
    return setInterval(() => {
      const now = places()
      sameFor = now === last ? sameFor + 1 : 0
      last = now
      if (sameFor === STILL_LOOKS) fail(`no progress within ${(STILL_LOOKS * LOOK_MS) / 1000} s`)
    }, LOOK_MS)
  }

  #describe(): string[] {
    const { privates, mailboxes, sleepers, heartbeats } = this.cell.control
    return this.#workers.map((_, id) => {
      const at = privates.base + id * privates.stride
      const p = this.#words.subarray(at, at + POSITION_WORDS)
      const ticket = p[TICKET] === 0 ? '' : ` waits for ticket ${p[TICKET]}`
      const pending =
        this.#words[mailboxes.base + id * mailboxes.stride] === 0 ? '' : ', an interrupt is pending'
      const asleep = this.#words[sleepers.base + id * sleepers.stride] === 0 ? '' : ', asleep'
      const steps = this.#words[heartbeats.base + id * heartbeats.stride]
      const state = this.#words.subarray(at + this.cell.tapeAt, at + this.cell.strategyAt)
      const tape = describeTape(this.#options.plan.tapes.tapes[id], state)
      const wait = describeWait(this.#view, id)
      return `CPU ${id}: ${describeStack(p)}${ticket}${wait}${pending}${asleep}, ${tape}, ${steps} steps`
    })
  }

  /** Ends all workers, wherever they are. */
  async stop(): Promise<void> {
    this.#announce(PHASE_EXIT)
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

function isFound(message: unknown): message is FoundViolation {
  return typeof message === 'object' && message !== null && 'violation' in message
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
