import { KERNEL_SPACE } from '../contract/page.js'
import { WALK_REACH } from '../contract/obligation.js'
import type { Strategy } from '../contract/strategy.js'
import type { TapeSet } from '../contract/tape.js'
import { COUNTER_NAMES } from '../machine/counters.js'
import type { Meter } from '../machine/costs.js'
import { Expiries } from '../machine/expiries.js'
import { Frames } from '../machine/frames.js'
import { Lease } from '../machine/lease.js'
import type { Memory } from '../machine/memory.js'
import type { Profile } from '../machine/profile.js'
import { StructureCache } from '../machine/structureCache.js'
import { Tables } from '../machine/tables.js'
import { Tlb } from '../machine/tlb.js'
import { Walker } from '../machine/walker.js'
import { BlindWatch } from '../oracle/blindWatch.js'
import type { ClaimJudge } from '../oracle/watch.js'
import { Watch } from '../oracle/watch.js'
import type { ViolationList } from '../oracle/violations.js'
import type { Context } from '../pagetable/context.js'
import { demandOver, emptyChange, emptyOperation } from '../pagetable/hookArguments.js'
import { Kernel } from '../pagetable/kernel.js'
import { emptyEvent, LEVEL_DIRECTORY, type PassedEvent } from '../pagetable/passedEvent.js'
import { isWalkerIn } from '../pagetable/pinPages.js'
import { HELD_PEAK, POSITION_WORDS } from '../pagetable/position.js'
import { skipsOf } from '../pagetable/skips.js'
import { AccessUnit } from './accessUnit.js'
import type { KnowingPort } from './knowingPort.js'
import type { CellPlan, CellWords } from './cellWords.js'
import { DeviceUnit } from './deviceUnit.js'
import { entryHardwareOf } from './entryHardwareOf.js'
import type { CpuReport } from './figures.js'
import { Interpreter } from './interpreter.js'
import type { TapeCpu } from './tapeCpu.js'

/** What an engine brings along for one CPU. */
export interface CpuParts {
  readonly id: number
  readonly plan: CellPlan
  readonly cell: CellWords
  readonly words: Int32Array
  readonly memory: Memory
  readonly meter: Meter
  readonly strategy: Strategy
  readonly violations: ViolationList
  readonly judge: ClaimJudge | null
  makePort(privates: Int32Array, tlb: Tlb, structures: StructureCache, counters: Float64Array): KnowingPort
  nowNs(): number
  /** Commands to the IOMMU that are complete by now take effect; absent where each does at once. */
  settleDevice?(): void
  /** A tape has asked every CPU for a tick: engines in which CPUs sleep wake them. */
  ticksRequested(): void
}

/** One simulated CPU, put together: hardware, kernel side, tape. Engines step it. */
export class Cpu implements TapeCpu {
  readonly id: number
  readonly cell: CellWords
  readonly tapes: TapeSet
  readonly memory: Memory
  /** Private words: position first (src/pagetable/position.ts). */
  readonly privates: Int32Array
  readonly p: Int32Array
  readonly counters: Float64Array
  readonly tlb: Tlb
  readonly port: KnowingPort
  readonly watch: Watch
  readonly device: DeviceUnit
  readonly kernel: Kernel
  readonly tape: Interpreter
  readonly strategy: Strategy
  readonly #parts: CpuParts
  /** Null where entries do not expire. */
  readonly lease: Lease | null
  readonly #structures: StructureCache
  /** Steps so far; for messages and watchdogs. */
  steps = 0

  constructor(parts: CpuParts) {
    const { id, plan, cell, words, memory, meter, strategy } = parts
    this.#parts = parts
    this.id = id
    this.cell = cell
    this.tapes = plan.tapes
    this.memory = memory
    this.strategy = strategy
    const at = cell.control.privates.base + id * cell.control.privates.stride
    this.privates = words.subarray(at, at + cell.privateWordCount)
    this.p = this.privates.subarray(0, POSITION_WORDS)
    this.counters = new Float64Array(COUNTER_NAMES.length)
    this.tlb = new Tlb(geometryOf(plan.profile))
    const { leafTables, thirdLevel, secondLevel } = plan.profile.structureCache
    const structures = new StructureCache([leafTables.value, thirdLevel.value, secondLevel.value])
    const tables = new Tables(memory, cell.machine.tables, cell.machine.tableCount, cell.machine.nextTable)
    this.port = parts.makePort(this.privates.subarray(cell.strategyAt), this.tlb, structures, this.counters)
    const { port } = this
    const expiries = cell.expiries === null ? null : new Expiries(memory, cell.machine, cell.expiries)
    const WatchClass = plan.isOracleOff === true ? BlindWatch : Watch
    this.watch = new WatchClass({
      isFull: plan.isOracleFull,
      memory,
      words: cell.oracle,
      cpu: {
        id,
        holdsStale: (event) => this.holdsStale(event),
        keepsStale: (event) => !this.#isUsable(event) && this.hasStale(event),
        get activeSpace() {
          return port.activeSpace
        },
        isPreempted: () => this.kernel.isPreempted,
        nowNs: () => parts.nowNs(),
        steps: () => this.steps,
      },
      counters: this.counters,
      violations: parts.violations,
      judge: parts.judge,
      parts: cell.parts,
    })
    const { watch } = this
    this.device = new DeviceUnit({
      plan,
      cell,
      memory,
      tables,
      clock: () => watch.clock(),
      settle: () => parts.settleDevice?.(),
    })
    watch.device = this.device
    const context: Context = {
      cpu: id,
      cpuCount: cell.config.cpuCount,
      windowPages: cell.config.windowPages ?? 0,
      memory,
      words: cell.machine,
      profile: plan.profile,
      tables,
      frames: new Frames(memory, cell.machine.frames),
      ownTable: port.ownTable,
      meter,
      strategy,
      port: this.port,
      witness: this.watch,
      parts: cell.parts,
      device: this.device,
      entries: entryHardwareOf(plan.module, port, expiries, meter),
      skips: skipsOf(plan.parameters),
      sleeps: plan.module.assumes(plan.parameters).sleeps === true,
      p: this.p,
      log: this.privates.subarray(cell.logAt, cell.tapeAt),
      change: emptyChange(),
      operation: emptyOperation(),
      demand: demandOver(this.privates, cell.demandAt, cell.demandItems),
      passed: emptyEvent(),
    }
    this.kernel = new Kernel(context)
    const forgets = plan.profile.memory.tableFreeing.value !== 'never'
    const walker = new Walker(memory, tables, structures, meter, forgets, port.ownTable)
    this.#structures = structures
    const { leaseNs = Infinity } = plan.module.assumes(plan.parameters)
    this.lease =
      expiries === null
        ? null
        : new Lease(expiries, this.tlb, meter, () => port.sharedNs(), leaseNs, port.clockMarginTicks)
    walker.lease = this.lease
    const access = new AccessUnit(
      this.tlb,
      walker,
      this.port,
      meter,
      this.watch,
      this.counters,
      memory,
      cell.machine,
    )
    this.port.privateFill = (page, word, epoch) => access.fillPrivately(page, word, epoch)
    this.tape = new Interpreter(this, plan.tapes.tapes[id], access)
  }

  nowNs(): number {
    return this.#parts.nowNs()
  }

  /** What this CPU has changed and nobody has claimed yet. */
  lookAtPending(): void {
    const { machine, parts } = this.cell
    const now = this.nowNs()
    for (let owner = this.id * parts.count; owner < (this.id + 1) * parts.count; owner++) {
      const settled = this.memory.load(machine.watermark.base + owner * machine.watermark.stride)
      this.watch.settledUpTo(owner, settled, now)
    }
    this.watch.judgeDeadlines(now)
  }

  ticksRequested(): void {
    this.#parts.ticksRequested()
  }

  /** What was counted so far is setup or warm-up. */
  resetCounts(): void {
    this.counters.fill(0)
    this.tape.opsNs = []
    this.watch.exposuresNs = []
    this.p[HELD_PEAK] = 0
  }

  report(responderNs: number): CpuReport {
    return {
      counters: Array.from(this.counters),
      opsNs: this.tape.opsNs,
      exposuresNs: this.watch.exposuresNs,
      openExposures: this.watch.openExposures,
      responderNs,
      heldFramesPeak: this.p[HELD_PEAK],
    }
  }

  /** Of a table: whatever can walk through it. */
  holdsStale(event: PassedEvent): boolean {
    if (event.level === LEVEL_DIRECTORY && isWalkerIn(this.p, event)) return true
    return this.#isUsable(event) && this.hasStale(event)
  }

  /**
   * A user entry counts while its space is loaded and the CPU not idle, nor in the kernel where its strategy is told when it
   * leaves that; a kernel entry unless the CPU runs user code and its strategy is told when it comes back. Where walks count neither makes a difference. Nothing counts on a
   * preempted CPU: its processor runs, and walks, for somebody else.
   */
  #isUsable({ space, obligation }: PassedEvent): boolean {
    if (this.kernel.isPreempted) return false
    if (space !== KERNEL_SPACE && space !== this.port.activeSpace) return false
    if ((obligation & WALK_REACH) !== 0) return true
    if (space === KERNEL_SPACE) return !this.kernel.isInUserMode
    return !this.kernel.isCpuIdle && !this.kernel.isInKernel
  }

  /** Under the tag that the space has here, loaded or not. */
  hasStale(event: PassedEvent): boolean {
    const { space, page, stamp, frame, allowed, needed } = event
    const epoch = this.port.epochOf(space)
    if (epoch === 0) return false
    if (event.level === LEVEL_DIRECTORY) return this.#structures.holdsStale(page, epoch, frame, stamp)
    if (!this.tlb.holdsStale(page, epoch, stamp, frame, allowed, needed)) return false
    return this.lease === null || this.lease.isLive(page, epoch, this.port.presentNs())
  }
}

function geometryOf(profile: Profile) {
  const { tlb } = profile
  return {
    smallEntries: tlb.smallEntries.value,
    smallWays: tlb.smallWays.value,
    largeEntries: tlb.largeEntries.value,
    largeWays: tlb.largeWays.value,
    secondEntries: tlb.secondEntries.value,
    secondWays: tlb.secondWays.value,
    tagCount: tlb.tagCount.value,
  }
}
