import type { StrategyModule } from '../../contract/strategy.js'
import type { WorkerBirth } from './protocol.js'
import { clockNs } from './threadsPort.js'
import { makeWorkerCpu, type WorkerCpu } from './workerCpu.js'

/** Long enough for V8 to compile what the passes will run: about 3000 ops of the shipped workloads. */
const REHEARSAL_NS = 80e6

const TURNS_PER_SURVEY = 16

/** The space that all CPUs run. */
const FIRST_SPACE = 1

/**
 * Runs all CPUs of the cell in turn on this one thread, over a copy of the words, so that V8 has
 * compiled everything before the first pass. Warming up with the other workers takes four times as
 * long on a machine whose cores they fill: the compiler's threads find no core, and every wait for a
 * CPU that still runs in the interpreter is counted.
 *
 * Nothing of it counts: words, TLBs, counters and violations are thrown away.
 */
export function rehearse(birth: WorkerBirth, module: StrategyModule): void {
  const words = new Int32Array(new SharedArrayBuffer(birth.buffer.byteLength))
  words.set(new Int32Array(birth.buffer))
  const cpus = birth.tapes.tapes.map((_, id) => makeWorkerCpu(birth, module, id, words))
  setUp(cpus)
  for (const { cpu } of cpus) cpu.tape.rewind(true)
  const deadline = clockNs() + REHEARSAL_NS
  while (clockNs() < deadline) {
    for (let turn = 0; turn < TURNS_PER_SURVEY; turn++) {
      for (const { cpu, loop } of cpus) {
        if (loop.practise(cpu.tapes.tapes[cpu.id].instructions.length)) loop.nextPass()
      }
    }
    for (const { loop } of cpus) loop.survey()
  }
}

function setUp(cpus: readonly WorkerCpu[]): void {
  const open = new Set(cpus)
  for (const { cpu } of cpus) {
    cpu.kernel.switchTo(FIRST_SPACE)
    cpu.tape.rewind(false)
  }
  while (open.size > 0) {
    for (const { loop } of cpus) loop.survey()
    for (const part of cpus) {
      if (part.loop.practise(part.cpu.tapes.tapes[part.cpu.id].bodyAt)) open.delete(part)
    }
  }
}
