import { KIND_GUEST, KIND_IOMMU, KIND_USER, KIND_VMALLOC } from '../../contract/change.js'
import { needsBroadcast } from '../../contract/hardware.js'
import { DIRECT_MAP_BASE, KERNEL_SPACE, VMALLOC_BASE, WRITABLE } from '../../contract/page.js'
import type { Parameters } from '../../contract/parameter.js'
import type { StrategyModule } from '../../contract/strategy.js'
import { ROLE_INITIATOR, TAPE_MAP, type TapeSet } from '../../contract/tape.js'
import { boot } from '../../machine/boot.js'
import { Expiries } from '../../machine/expiries.js'
import { Frames } from '../../machine/frames.js'
import type { Profile } from '../../machine/profile.js'
import { LEVEL_DIRECTORY, LEVEL_LEAF } from '../../pagetable/passedEvent.js'
import { Tables } from '../../machine/tables.js'
import { firstPoolFrame, SPACE_ROOT, windowBase } from '../../machine/words.js'
import { placeCell, type CellPlan, type CellWords } from '../cellWords.js'
import { Arena } from './arena.js'
import { Broadcasts } from './broadcasts.js'
import { Clock } from './clock.js'
import { Choices } from './choices.js'
import { choicesOf, roleOf, type ExploreCase, type OperationChoice } from './exploreCase.js'
import { FIRST_SPACE, OTHER_SPACE } from './cpuOperations.js'
import { ExploreCpu } from './exploreCpu.js'
import { ExploreDevice } from './exploreDevice.js'
import { Expiring } from './expiring.js'
import { ExploreOracle } from './exploreOracle.js'
import { placeExplore, type ExploreWords } from './exploreWords.js'
import { HeldEntries } from './heldEntries.js'
import { isWalkerIn } from '../../pagetable/pinPages.js'
import { TrackedPages, type TrackedPage } from './trackedPages.js'
import { PlainMemory } from '../plainMemory.js'
import { Speculation } from './speculation.js'
import { StepLog } from './stepLog.js'

const SPACES = 3
/** One page to be dealt out, again and again, and the one in reserve. */
const WINDOW_PAGES = 2

/** The last one is the device's, where there is one. */
function spaceCountOf(plan: ExploreCase): number {
  return SPACES + (hasDevice(plan) ? 1 : 0)
}

function hasDevice({ alphabet }: ExploreCase): boolean {
  return alphabet.includes('dma')
}

export interface ExplorePlan {
  readonly case: ExploreCase
  readonly module: StrategyModule
  readonly parameters: Parameters
  /** Its costs play no part; its sizes are cut down to the case. */
  readonly profile: Profile
}

/** The machine of one search: all words in one arena, all CPUs over it. */
export class ExploreMachine {
  readonly plan: ExplorePlan
  readonly cell: CellWords
  readonly words: ExploreWords
  readonly arena: Arena
  readonly log: StepLog
  readonly choices = new Choices()
  readonly tracked: TrackedPages
  readonly held: HeldEntries
  readonly speculation: Speculation
  readonly broadcasts: Broadcasts
  readonly device: ExploreDevice
  readonly clock: Clock
  /** Null where entries do not expire. */
  readonly expiring: Expiring | null
  readonly oracle: ExploreOracle
  readonly cpus: readonly ExploreCpu[]
  readonly operations: readonly OperationChoice[]

  constructor(plan: ExplorePlan) {
    this.plan = plan
    const { cpuCount, tickCount } = plan.case
    this.operations = choicesOf(plan.case)
    const profile = smallProfile(plan)
    const cell = placeCell(cellPlan(plan, profile))
    this.cell = cell
    this.words = placeExplore(
      cell.layout,
      cpuCount,
      cell.parts.count,
      spaceCountOf(plan.case),
      trackedCount(plan.case),
      cell.hasOwnTables,
    )
    const words = new Int32Array(cell.layout.wordCount)
    boot(new PlainMemory(words), cell.machine, cell.config, () => 0)
    const pages = listPages(plan.case, cell, words)
    this.arena = new Arena(words)
    this.tracked = new TrackedPages(this.arena, cell.machine, pages)
    this.log = new StepLog(this.arena)
    this.held = new HeldEntries(this.arena, this.words.held, pages)
    this.device = new ExploreDevice({
      arena: this.arena,
      placed: this.words.device,
      held: this.held,
      holder: cpuCount,
      space: hasDevice(plan.case) ? SPACES : -1,
      isStrict: !cell.parts.isNamed[KIND_IOMMU],
    })
    this.speculation = new Speculation(
      this.arena,
      this.choices,
      this.tracked,
      this.held,
      this.words.cpus,
      this.device,
      this.words.own,
    )
    this.speculation.marksInstalled = plan.module.needs?.includes('privateFills') !== true
    this.broadcasts = new Broadcasts({
      arena: this.arena,
      placed: this.words.broadcasts,
      cpus: this.words.cpus,
      held: this.held,
      cpuCount,
      spaceCount: spaceCountOf(plan.case),
      isThere: needsBroadcast(plan.module.needs),
    })
    this.clock = new Clock(this.arena, this.words, cpuCount, tickCount)
    const { leaseNs = Infinity } = plan.module.assumes(plan.parameters)
    const expiries =
      cell.expiries === null ? null : new Expiries(new PlainMemory(words), cell.machine, cell.expiries)
    this.expiring =
      expiries === null ? null : new Expiring(this.arena, this.clock, this.held, expiries, leaseNs, cpuCount)
    this.speculation.expiring = this.expiring
    this.speculation.isCoherent = plan.module.needs?.includes('coherent') ?? false
    this.oracle = new ExploreOracle(this.arena, this.words, this.tracked, this.held, cpuCount, cell.parts)
    this.oracle.device = this.device
    const strategy = plan.module.create(cell.host)
    this.cpus = Array.from(
      { length: cpuCount },
      (_, id) =>
        new ExploreCpu(
          {
            id,
            module: plan.module,
            parameters: plan.parameters,
            profile,
            strategy,
            pageCount: plan.case.pageCount,
            role: roleOf(plan.case, id),
            isGuest: plan.case.isGuest,
            hasStoreBuffer: plan.case.hasStoreBuffer,
          },
          this,
        ),
    )
    this.oracle.isIdle = (cpu) => this.cpus[cpu].kernel.isCpuIdle
    this.oracle.isPreempted = (cpu) => this.cpus[cpu].isAway
    // The device fills too, and no host takes it off anything.
    this.speculation.isPreempted = (holder) => holder < cpuCount && this.oracle.isPreempted(holder)
    this.oracle.isInKernel = (cpu) => this.cpus[cpu].kernel.isInKernel
    this.oracle.isInUserMode = (cpu) => this.cpus[cpu].kernel.isInUserMode
    this.oracle.isWalkerIn = (cpu, event) => isWalkerIn(this.cpus[cpu].p, event)
    const frames = new Frames(new PlainMemory(words), cell.machine.frames)
    const frameCount = cell.machine.tableCount + plan.case.frameCount
    for (let frame = 0; frame < frameCount; frame++) this.arena.ignore(frames.generationWord(frame))
  }
}

function smallProfile(plan: ExplorePlan): Profile {
  const { memory, tlb } = plan.profile
  return {
    ...plan.profile,
    tlb: {
      ...tlb,
      breakBeforeMake: { ...tlb.breakBeforeMake, value: plan.case.breaksBeforeMake ? 'yes' : 'no' },
    },
    memory: {
      ...memory,
      frames: { ...memory.frames, value: plan.case.frameCount },
      // A CPU that takes more than it needs would leave the others without.
      listBatch: { ...memory.listBatch, value: 1 },
      tableFreeing: { ...memory.tableFreeing, value: plan.case.freesTables ? 'empty' : 'never' },
    },
  }
}

function cellPlan(plan: ExplorePlan, profile: Profile): CellPlan {
  const { cpuCount, pageCount, operationCount, alphabet } = plan.case
  // No tape is run: it says what the machine must have.
  const instructions = Int32Array.from(
    alphabet.includes('vmalloc') ? [TAPE_MAP, 0, 1, KIND_VMALLOC << 8] : [],
  )
  const tapes: TapeSet = {
    tapes: Array.from({ length: cpuCount }, () => ({
      role: ROLE_INITIATOR,
      instructions,
      bodyAt: 0,
      opCount: 0,
    })),
    handleCount: 2 + cpuCount + extraHandles(plan.case),
    maxOperationPages:
      pageCount * (alphabet.includes('batch') ? operationCount + 1 : 1) +
      (alphabet.includes('teardown') ? cpuCount : 0),
    spaceCount: spaceCountOf(plan.case),
    ...(hasWindows(plan.case) ? { windowPages: WINDOW_PAGES } : {}),
    hash: '',
  }
  return {
    tapes,
    profile,
    module: plan.module,
    parameters: plan.parameters,
    isOracleFull: false,
    serialStart: plan.case.serialStart,
  }
}

/** Mappings that a CPU's own handle has had by the end. */
function ownRanges({ alphabet, operationCount }: ExploreCase): number {
  return alphabet.includes('remap') || alphabet.includes('dma') ? 1 + Math.ceil(operationCount / 2) : 0
}

/** The same in the kernel's area. */
function kernelRanges({ alphabet, operationCount }: ExploreCase): number {
  return alphabet.includes('vmalloc') ? Math.ceil(operationCount / 2) : 0
}

/** Pages mapped in the other space, right after the shared ones. */
function otherPages({ alphabet }: ExploreCase): number {
  return alphabet.includes('adviseOther') ? 1 : 0
}

function hasWindows({ alphabet }: ExploreCase): boolean {
  return alphabet.includes('window')
}

/** Those of the kernel's area, then those of windows. */
function extraHandles(plan: ExploreCase): number {
  if (hasWindows(plan)) return 2 * plan.cpuCount
  return plan.alphabet.includes('vmalloc') ? plan.cpuCount : 0
}

function trackedCount(plan: ExploreCase): number {
  const tables = plan.freesTables ? plan.cpuCount : 0
  const frames = plan.isGuest ? plan.frameCount : 0
  const ranges = plan.cpuCount * (ownRanges(plan) + kernelRanges(plan))
  const windows = hasWindows(plan) ? plan.cpuCount : 0
  return plan.pageCount + otherPages(plan) + ranges + frames + tables + windows
}

/** Every page that a CPU could cache, with the leaf tables that they need: built beforehand, so that no step of the search builds one. */
function listPages(plan: ExploreCase, cell: CellWords, words: Int32Array): TrackedPage[] {
  const memory = new PlainMemory(words)
  const { machine } = cell
  const tables = new Tables(memory, machine.tables, machine.tableCount, machine.nextTable)
  const rootOf = (space: number) => words[machine.spaces.base + space * machine.spaces.stride + SPACE_ROOT]
  const track = (space: number, page: number, level = LEVEL_LEAF): TrackedPage => {
    // Where tables are freed the library adds them itself, below directories that stay.
    if (!plan.freesTables || space === KERNEL_SPACE) tables.growTo(rootOf(space), page, 1)
    return { space, page, level, directory: tables.growTo(rootOf(space), page, 2) }
  }
  const firstOf = (cpu: number) => words[machine.arenas.base + cpu * machine.arenas.stride]
  const pages: TrackedPage[] = []
  for (let page = 0; page < plan.pageCount; page++) pages.push(track(FIRST_SPACE, firstOf(0) + page))
  const shared = plan.pageCount + otherPages(plan)
  for (let page = plan.pageCount; page < shared; page++) pages.push(track(OTHER_SPACE, firstOf(0) + page))
  for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
    const first = firstOf(cpu) + (cpu === 0 ? shared : 0)
    const space = hasDevice(plan) ? SPACES : FIRST_SPACE
    for (let range = 0; range < ownRanges(plan); range++) pages.push(track(space, first + range))
  }
  // That no other CPU caches it is x86's rule; where an entry must be broken before another is made, any walk counts.
  for (let cpu = 0; hasWindows(plan) && cpu < plan.cpuCount; cpu++) {
    const page = track(FIRST_SPACE, windowBase(cpu))
    pages.push(plan.breaksBeforeMake ? page : { ...page, onlyCpu: cpu })
  }
  if (plan.isGuest) {
    for (let frame = 0; frame < plan.frameCount; frame++)
      pages.push(track(KERNEL_SPACE, DIRECT_MAP_BASE + firstPoolFrame(machine) + frame))
  }
  for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
    for (let range = 0; range < kernelRanges(plan); range++)
      pages.push(track(KERNEL_SPACE, VMALLOC_BASE + cpu * machine.kernelPagesPerCpu + range))
  }
  if (plan.freesTables) {
    for (let cpu = 0; cpu < plan.cpuCount; cpu++)
      pages.push(track(FIRST_SPACE, firstOf(cpu), LEVEL_DIRECTORY))
  }
  return pages
}

/** Flags of the shared mapping, as the tape's map instruction has them. */
export function sharedFlags({ isGuest }: ExploreCase): number {
  return WRITABLE | ((isGuest ? KIND_GUEST : KIND_USER) << 8)
}
