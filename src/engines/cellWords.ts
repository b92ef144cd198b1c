import { KIND_VMALLOC } from '../contract/change.js'
import { needsBroadcast } from '../contract/hardware.js'
import type { Parameters } from '../contract/parameter.js'
import type { MachineShape, Placed, StrategyHost, StrategyModule } from '../contract/strategy.js'
import { INSTRUCTION_WORDS, TAPE_MAP, type Tape, type TapeSet } from '../contract/tape.js'
import { Layout } from '../machine/layout.js'
import type { Profile } from '../machine/profile.js'
import { placeMachine, type MachineConfig, type MachineWords } from '../machine/words.js'
import { placeOracle, type OracleWords } from '../oracle/journal.js'
import { placeBroadcasts, type BroadcastWords } from './broadcastWords.js'
import type { FaultPlan } from './faultPlan.js'
import { placeFaults, type FaultWords } from './faultWords.js'
import { partCountOf, partsOf, type Parts } from '../pagetable/parts.js'
import { demandItemsFor, LOG_ITEMS_PER_PAGE, LOG_WORDS, POSITION_WORDS } from '../pagetable/position.js'

/** Everything that decides the words of a cell; the same on every worker, so that all place them alike. */
export interface CellPlan {
  readonly tapes: TapeSet
  readonly profile: Profile
  readonly module: StrategyModule
  readonly parameters: Parameters
  readonly isOracleFull: boolean
  /** Suites only: nothing is watched at all. */
  readonly isOracleOff?: boolean
  readonly serialStart: number
  /** What goes wrong on purpose; undefined: nothing. */
  readonly faults?: FaultPlan | undefined
}

/** Words through which the engine itself works: interrupts, tickets, tapes that wait for each other. */
export interface ControlWords {
  /** 1: an interrupt is pending. */
  readonly mailboxes: Placed
  /** Acknowledgements that a CPU's ticket still waits for. */
  readonly countdowns: Placed
  /** The only word a worker ever sleeps on; counts up. */
  readonly doorbells: Placed
  /** 1: the worker is about to sleep or asleep. */
  readonly sleepers: Placed
  /** Complete passes of an innocent's body. */
  readonly passes: Placed
  /** Initiators that have arrived, and how often all have. */
  readonly barrierCount: number
  readonly barrierRound: number
  /** Ticks asked for by tapes, and those that each CPU has taken. */
  readonly tickRequest: number
  readonly ticksTaken: Placed
  /** Phases of a run on real threads: CPUs that have arrived at its start, that have ended their part, that are quiet. */
  readonly phaseArrived: number
  readonly phaseEnded: number
  readonly phaseQuiet: number
  /** 1: nobody needs to go on. */
  readonly phaseOver: number
  /** The phase that workers wait for: counts up. */
  readonly phase: number
  /** Steps of each CPU, written now and then, for the watchdog. */
  readonly heartbeats: Placed
  /** Words of each CPU that no other CPU touches: position, demand, log, tape, the strategy's own. */
  readonly privates: Placed
}

export interface CellWords {
  readonly layout: Layout
  readonly config: MachineConfig
  readonly machine: MachineWords
  readonly oracle: OracleWords
  readonly control: ControlWords
  /** Null where there is no fault. */
  readonly faults: FaultWords | null
  /** Null where the strategy needs none. */
  readonly broadcasts: BroadcastWords | null
  readonly host: StrategyHost
  readonly parts: Parts
  /** Where the parts of a CPU's private words begin. */
  readonly demandAt: number
  readonly demandItems: number
  readonly logAt: number
  readonly tapeAt: number
  readonly strategyAt: number
  readonly privateWordCount: number
}

const DEMAND_ARRAYS = 4
/** Tape position, four loops, then the passes that an initiator waits for, one per CPU. */
export const TAPE_STATE_WORDS = 16

function mapsVmalloc({ instructions }: Tape): boolean {
  for (let at = 0; at < instructions.length; at += INSTRUCTION_WORDS) {
    if ((instructions[at] & 0xff) === TAPE_MAP && instructions[at + 3] >>> 8 === KIND_VMALLOC) return true
  }
  return false
}

export function placeCell(plan: CellPlan): CellWords {
  const { tapes, profile, module, parameters } = plan
  const cpuCount = tapes.tapes.length
  const config: MachineConfig = {
    cpuCount,
    spaceCount: tapes.spaceCount,
    handleCount: tapes.handleCount,
    maxOperationPages: tapes.maxOperationPages,
    windowPages: tapes.windowPages,
    profile,
    hasVmalloc: tapes.tapes.some(mapsVmalloc),
    partCount: partCountOf(module),
    serialStart: plan.serialStart,
  }
  const layout = new Layout()
  const machine = placeMachine(layout, config)
  const oracle = placeOracle(layout, plan.isOracleFull)
  const shape: MachineShape = { cpuCount, spaceCount: config.spaceCount }
  const words: Record<string, Placed> = {}
  for (const [name, block] of Object.entries(module.words(shape, parameters))) {
    words[name] = layout.place(`strategy.${name}`, block)
  }
  const privates: Record<string, number> = {}
  let privateCount = 0
  for (const [name, count] of Object.entries(module.privateWords(shape, parameters))) {
    privates[name] = privateCount
    privateCount += count
  }
  const logItems = config.maxOperationPages * LOG_ITEMS_PER_PAGE
  const demandItems = demandItemsFor(logItems)
  const demandAt = POSITION_WORDS
  const logAt = demandAt + demandItems * DEMAND_ARRAYS
  const tapeAt = logAt + logItems * LOG_WORDS
  const strategyAt = tapeAt + TAPE_STATE_WORDS + cpuCount
  const privateWordCount = strategyAt + privateCount
  const control: ControlWords = {
    mailboxes: layout.lines('mailbox', cpuCount),
    countdowns: layout.lines('countdown', cpuCount),
    doorbells: layout.lines('doorbell', cpuCount),
    sleepers: layout.lines('sleeper', cpuCount),
    passes: layout.lines('passes', cpuCount),
    barrierCount: layout.run('barrierCount', 1),
    barrierRound: layout.run('barrierRound', 1),
    tickRequest: layout.run('tickRequest', 1),
    ticksTaken: layout.lines('ticksTaken', cpuCount),
    phaseArrived: layout.run('phaseArrived', 1),
    phaseEnded: layout.run('phaseEnded', 1),
    phaseQuiet: layout.run('phaseQuiet', 1),
    phaseOver: layout.run('phaseOver', 1),
    phase: layout.run('phase', 1),
    heartbeats: layout.lines('heartbeat', cpuCount),
    privates: layout.lines('private', cpuCount, privateWordCount),
  }
  const faults = plan.faults === undefined ? null : placeFaults(layout, cpuCount)
  const broadcasts = needsBroadcast(module.needs) ? placeBroadcasts(layout, cpuCount) : null
  const host: StrategyHost = { shape, parameters, words, privates }
  return {
    layout,
    config,
    machine,
    oracle,
    control,
    faults,
    broadcasts,
    host,
    parts: partsOf(module, host),
    demandAt,
    demandItems,
    logAt,
    tapeAt,
    strategyAt,
    privateWordCount,
  }
}
