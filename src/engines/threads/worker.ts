import { parentPort, workerData } from 'node:worker_threads'
import { ROLE_INITIATOR } from '../../contract/tape.js'
import { importStrategy } from '../importStrategy.js'
import {
  PHASE_ALONE,
  PHASE_BITS,
  PHASE_DRAIN,
  PHASE_EXIT,
  PHASE_PASS,
  PHASE_WARMUP,
  type FoundViolation,
  type PhaseReport,
  type WorkerBirth,
} from './protocol.js'
import { makeWorkerCpu } from './workerCpu.js'

/** Entry of a worker thread: one CPU, one strategy, nothing else loaded. Started by {@link file://./coordinator.ts}. */

const birth = workerData as WorkerBirth
const module = await importStrategy(birth.strategyFile)
const words = new Int32Array(birth.buffer)
const { cell, cpu, loop, violations } = makeWorkerCpu(birth, module, birth.id, words)
const initiators = birth.tapes.tapes.filter((tape) => tape.role === ROLE_INITIATOR).length

violations.onKept = (violation) => post({ violation } satisfies FoundViolation)
post('ready')
serve()

/** A worker's port has no origin to name; the rule is about windows. */
function post(message: unknown): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(message)
}

function monotonicNs(): number {
  return Number(process.hrtime.bigint())
}

/** Waits for one phase after the other. Nothing of the event loop runs in between: a worker here is a CPU. */
function serve(): void {
  const { phase, phaseArrived } = cell.control
  let seen = 0
  for (;;) {
    Atomics.wait(words, phase, seen)
    seen = Atomics.load(words, phase)
    const kind = seen & ((1 << PHASE_BITS) - 1)
    if (kind === PHASE_EXIT) return
    if (kind === PHASE_PASS || kind === PHASE_WARMUP || kind === PHASE_ALONE) loop.resetCounts()
    cpu.tape.isRecording = kind === PHASE_PASS
    meet(phaseArrived)
    const startNs = monotonicNs()
    const isPass = kind === PHASE_PASS || kind === PHASE_WARMUP
    const needed = kind === PHASE_ALONE ? 0 : isPass ? initiators : cell.config.cpuCount
    const report = loop.run(kind, needed, monotonicNs)
    const message: PhaseReport = {
      id: birth.id,
      startNs,
      endNs: loop.endNs,
      cpu: report,
      left: kind === PHASE_DRAIN ? loop.left : 0,
      lostEvents: cpu.watch.lostEvents,
      violationCount: violations.count,
      violations: violations.kept,
    }
    post(message)
  }
}

/** A common start: nobody begins before everybody is awake. */
function meet(arrived: number): void {
  Atomics.add(words, arrived, 1)
  Atomics.notify(words, arrived)
  for (let looks = 0; Atomics.load(words, arrived) < cell.config.cpuCount; looks++) {
    if (looks < 10_000) continue
    const now = Atomics.load(words, arrived)
    if (now < cell.config.cpuCount) Atomics.wait(words, arrived, now, 1)
  }
}
