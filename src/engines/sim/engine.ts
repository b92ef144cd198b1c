import { keepViolations } from '../brokenRun.js'
import type { CellPlan } from '../cellWords.js'
import { attempts, figuresOf } from '../figures.js'
import { underFramePressure } from '../framePressure.js'
import { DRAIN_TICKS, judgeDrain, type EngineResult } from '../plan.js'
import { ROLE_INNOCENT } from '../../contract/tape.js'
import { SimMachine } from './simMachine.js'
import { SimRun } from './simRun.js'

/** How long innocents run alone, twice: to fill their TLBs, and to be counted. */
const ALONE_PS = 500_000_000

export interface SimOptions {
  readonly plan: CellPlan
  readonly random: (bound: number) => number
  readonly warmupPasses: number
  readonly mayRepeatPasses: boolean
}

/** One repetition in virtual time: setup, innocents alone, warm-up, the measured pass, drain. */
export function runSim(options: SimOptions): EngineResult {
  const machine = new SimMachine(underFramePressure(options.plan), options.random)
  try {
    return runMachine(machine, options)
  } catch (error) {
    throw keepViolations(error, machine.violations)
  }
}

function runMachine(machine: SimMachine, options: SimOptions): EngineResult {
  const run = new SimRun(machine, options.mayRepeatPasses)
  run.setUp()
  const aloneRate = measureAlone(machine, run)
  for (let pass = 0; pass < options.warmupPasses; pass++) {
    run.runPass()
    run.finishKernels()
  }
  for (const sim of machine.cpus) {
    sim.resetCounts()
    sim.cpu.tape.isRecording = true
  }
  machine.staleSpans?.reset()
  const elapsedNs = measuredPass(machine, run) / 1000
  const figures = figuresOf(
    machine.tapes,
    machine.cpus.map((sim) => sim.report()),
    elapsedNs,
    aloneRate,
    machine.staleSpans,
  )
  run.finishKernels()
  for (let tick = 0; tick < DRAIN_TICKS; tick++) run.tickAll()
  const left = run.drain()
  const [first] = machine.cpus
  judgeDrain(machine.cell, first.cpu.memory, left, machine.violations)
  const lost = machine.cpus.reduce((sum, sim) => sum + sim.cpu.watch.lostEvents, 0)
  if (lost > 0) throw new Error(`the oracle's journal lost ${lost} events; nothing is proved`)
  const { violations } = machine
  return { figures, passNs: [elapsedNs], violationCount: violations.count, violations: violations.kept }
}

/** Faults strike here, and nowhere else: what fills caches before and settles afterwards is the same in every run. */
function measuredPass(machine: SimMachine, run: SimRun): number {
  const { faults } = machine
  if (faults === null) return run.runPass()
  run.align()
  faults.begin()
  const elapsedPs = run.runPass()
  const killed = machine.cpus.find((sim) => faults.log.isKilled(sim.cpu.id))
  if (killed !== undefined) throw run.stuck(`CPU ${killed.cpu.id} was killed by the fault kill-worker`)
  faults.end()
  return elapsedPs
}

/** Accesses of all innocents per nanosecond while nobody initiates; 0 where there is none. */
function measureAlone(machine: SimMachine, run: SimRun): number {
  if (!machine.tapes.tapes.some((tape) => tape.role === ROLE_INNOCENT)) return 0
  run.runInnocents(ALONE_PS)
  const before = countAccesses(machine)
  run.runInnocents(ALONE_PS)
  const rate = (countAccesses(machine) - before) / (ALONE_PS / 1000)
  run.finishKernels()
  return rate
}

function countAccesses(machine: SimMachine): number {
  return machine.cpus.reduce((sum, sim) => sum + attempts(sim.cpu.counters), 0)
}
