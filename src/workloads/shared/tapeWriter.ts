import type { Parameters } from '../../contract/parameter.js'
import {
  INSTRUCTION_WORDS,
  MOST_WINDOW_PAGES,
  ROLE_BYSTANDER,
  ROLE_INITIATOR,
  ROLE_INNOCENT,
  type Tape,
  type TapeSet,
} from '../../contract/tape.js'
import { UsageError } from '../../contract/usageError.js'
import type { WorkloadModule } from '../../contract/workload.js'
import { checkAcross } from './crossChecks.js'
import { tapeHash } from './tapeHash.js'
import { TapeRecorder } from './tapeRecorder.js'

export interface TapeOptions {
  readonly cpuCount: number
  readonly initiators: number
  readonly readers: number
  /** The workload's own ones, all of them resolved. */
  readonly parameters: Parameters
  readonly random: (bound: number) => number
}

/**
 * Runs a workload and collects its tapes, before any clock starts.
 * @param name what errors call the workload
 * @throws UsageError where the workload misuses the tape writer
 */
export function makeTapes(name: string, module: WorkloadModule, options: TapeOptions): TapeSet {
  const { cpuCount, initiators, readers, parameters, random } = options
  const recorders = new Map<number, TapeRecorder>()
  let handleCount = 0
  let windowPages = MOST_WINDOW_PAGES
  module.write({
    cpuCount,
    parameters,
    initiatorCount: initiators,
    readerCount: readers,
    handle: () => handleCount++,
    window: (pageCount) => {
      if (!(Number.isInteger(pageCount) && pageCount >= 2 && pageCount <= MOST_WINDOW_PAGES)) {
        const reason = `it asks for windows of ${pageCount} pages`
        const remedy = `give a whole number from 2 to ${MOST_WINDOW_PAGES}; one of them is kept in reserve`
        throw new UsageError(`workload ${name}`, reason, [], remedy)
      }
      windowPages = pageCount
    },
    tape: (cpu) => {
      const known = recorders.get(cpu)
      if (known !== undefined) return known
      if (!Number.isInteger(cpu) || cpu < 0 || cpu >= initiators + readers) {
        const reason = `it asks for the tape of CPU ${cpu}; ${initiators} initiators and ${readers} readers have one`
        throw new UsageError(`workload ${name}`, reason, [], 'use plan.initiatorCount and plan.readerCount')
      }
      const role = cpu < initiators ? ROLE_INITIATOR : ROLE_INNOCENT
      const recorder = new TapeRecorder(name, cpu, role, () => handleCount)
      recorders.set(cpu, recorder)
      return recorder
    },
    random,
  })
  const written = [...recorders.values()].sort((a, b) => a.cpu - b.cpu)
  const tapes = Array.from({ length: cpuCount }, (_, cpu) => recorders.get(cpu)?.finish() ?? bystanderTape())
  checkAcross(written)
  const hasDevice = written.some((recorder) => recorder.guard.hasDevice)
  const set = {
    tapes,
    handleCount: Math.max(1, handleCount),
    maxOperationPages: Math.max(1, ...written.map((recorder) => recorder.guard.sections.maxOperationPages)),
    // Space 0 is the kernel's.
    spaceCount: (hasDevice ? 2 : 1) + Math.max(1, ...written.map((recorder) => recorder.guard.maxSpace)),
    ...(hasDevice ? { hasDevice } : {}),
    ...(written.some((recorder) => recorder.guard.windowHandles.size > 0) ? { windowPages } : {}),
  }
  return { ...set, hash: tapeHash(set) }
}

/** It begins and ends with TAPE_END, which is 0. */
function bystanderTape(): Tape {
  return { role: ROLE_BYSTANDER, instructions: new Int32Array(INSTRUCTION_WORDS), bodyAt: 0, opCount: 0 }
}
