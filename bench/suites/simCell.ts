import type { CellPlan } from '../../src/engines/cellWords.js'
import { SimMachine } from '../../src/engines/sim/simMachine.js'
import { SimRun } from '../../src/engines/sim/simRun.js'
import { randomBelow } from './cell.js'

export const SIM_CPUS = 64

/** A cell in virtual time after its setup. Every access is run, also where a pass is a copy of the one before. */
export function simOf(plan: CellPlan): { machine: SimMachine; simRun: SimRun } {
  const machine = new SimMachine(plan, randomBelow())
  const simRun = new SimRun(machine, false)
  simRun.setUp()
  return { machine, simRun }
}

/** One counter, over all CPUs. */
export function countOf(machine: SimMachine, counter: number): number {
  let sum = 0
  for (const sim of machine.cpus) sum += sim.cpu.counters[counter]
  return sum
}
