import { parentPort, workerData } from 'node:worker_threads'
import type { FaultPlan } from '../../src/engines/faultPlan.js'
import { COUNT_INTERRUPTS_TAKEN } from '../../src/machine/counters.js'
import { countOf, simOf } from './simCell.js'
import { INTERRUPTS, interruptPlan } from './simInterrupts.js'
import { clockNs, mustBe, type Sample } from './suite.js'

/** Runs the cell of the suite sim-interrupts whenever it is asked to. Started by {@link file://./simIsolate.ts}. */

const faults = workerData as FaultPlan | undefined
const { machine, simRun } = simOf(interruptPlan(faults === undefined ? {} : { faults }))

parentPort?.on('message', () => {
  const before = countOf(machine, COUNT_INTERRUPTS_TAKEN)
  machine.faults?.begin()
  const start = clockNs()
  simRun.runPass()
  const ns = clockNs() - start
  machine.faults?.end()
  mustBe('interrupts taken', countOf(machine, COUNT_INTERRUPTS_TAKEN) - before, INTERRUPTS)
  const sample: Sample = { ns, operations: INTERRUPTS }
  // A worker's port has no origin to name; the rule is about windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(sample)
})
