import { reachedSerial } from '../../contract/change.js'
import { BINDING, WALK_REACH } from '../../contract/obligation.js'
import { KERNEL_SPACE } from '../../contract/page.js'
import { LEVEL_DIRECTORY, type PassedEvent } from '../../pagetable/passedEvent.js'
import { cpuOf, type Parts } from '../../pagetable/parts.js'
import { invariantOf, obligationName } from '../../oracle/violations.js'
import type { Arena } from './arena.js'
import {
  ACTIVE_SPACE,
  IN_HANDLER,
  KIND,
  KIND_IDLE,
  KIND_INTERRUPT,
  KIND_LEAVE,
  KIND_NONE,
  KIND_POLL,
  KIND_WAKE,
  type ExploreWords,
} from './exploreWords.js'
import type { ExploreDevice } from './exploreDevice.js'
import type { HeldEntries } from './heldEntries.js'
import { OpenChanges, type OpenChange } from './openChanges.js'
import type { TrackedPages } from './trackedPages.js'

/** What the search has found. */
export interface Finding {
  readonly invariant: string
  readonly cpu: number
  readonly page: number
  readonly message: string
}

/** Beside the obligations of a condemned entry: its space was not loaded when the event passed. */
const WAS_AWAY = 1 << 16

/**
 * The oracle of the explorer. It sees every TLB and remembers in words of the state what it must: the
 * changes that nobody has claimed, and which entries have outlived an event while their CPU could not
 * use them. It is exact: an event is judged in the micro-step in which it passes.
 */
export class ExploreOracle {
  readonly #arena: Arena
  readonly #words: ExploreWords
  readonly #tracked: TrackedPages
  readonly #held: HeldEntries
  readonly #open: OpenChanges
  readonly #cpuCount: number
  readonly #parts: Parts
  device: ExploreDevice | null = null
  /** Whether a CPU's software walker has the event's table in hand. */
  isWalkerIn: (cpu: number, event: PassedEvent) => boolean = () => false
  /** Whether a CPU has nothing to run, or had not before the step that it is in. */
  isIdle: (cpu: number) => boolean = () => false
  /** Whether the host has a CPU's processor, or had before the step that the CPU is in: nothing of it is used or walked. */
  isPreempted: (cpu: number) => boolean = () => false
  /** Whether a CPU is in the kernel, and its strategy is told when it returns to user code. */
  isInKernel: (cpu: number) => boolean = () => false
  /** Whether a CPU runs user code or enters the kernel, and its strategy is told. */
  isInUserMode: (cpu: number) => boolean = () => false
  /** The first thing that went wrong in the transition. */
  finding: Finding | null = null

  constructor(
    arena: Arena,
    words: ExploreWords,
    tracked: TrackedPages,
    held: HeldEntries,
    cpuCount: number,
    parts: Parts,
  ) {
    this.#parts = parts
    this.#tracked = tracked
    this.#arena = arena
    this.#words = words
    this.#held = held
    this.#open = new OpenChanges(arena, words.open)
    this.#cpuCount = cpuCount
  }

  report(invariant: string, cpu: number, page: number, message: string): void {
    this.finding ??= { invariant, cpu, page, message }
  }

  #state(cpu: number, word: number): number {
    return this.#arena.words[this.#words.cpus.base + cpu * this.#words.cpus.stride + word]
  }

  #isInHandler(cpu: number): boolean {
    return this.#state(cpu, IN_HANDLER) !== 0 || this.#state(cpu, KIND) === KIND_INTERRUPT
  }

  /** User translations of a CPU in the kernel's hands, or in the middle of a look, do nothing, but for walks. */
  #isInKernelOnly(cpu: number): boolean {
    const kind = this.#state(cpu, KIND)
    const isInHook = kind === KIND_IDLE || kind === KIND_WAKE || kind === KIND_POLL || kind === KIND_LEAVE
    return this.#isInHandler(cpu) || this.isIdle(cpu) || this.isInKernel(cpu) || isInHook
  }

  /** Kernel mappings are not used here, but for walks. */
  #isInUserOnly(cpu: number): boolean {
    return this.isInUserMode(cpu) || this.#state(cpu, KIND) === KIND_LEAVE
  }

  /** Whether nothing here uses mappings of the space, but for walks. */
  #isUnused(cpu: number, space: number): boolean {
    return space === KERNEL_SPACE ? this.#isInUserOnly(cpu) : this.#isInKernelOnly(cpu)
  }

  #isLoaded(cpu: number, space: number): boolean {
    return space === KERNEL_SPACE || this.#state(cpu, ACTIVE_SPACE) === space
  }

  /** An obligation's event passes: whoever holds a stale entry must not use it from now on. */
  passed(event: PassedEvent): void {
    const { obligation, page, level, stamp, frame, allowed, needed } = event
    if (level === LEVEL_DIRECTORY) this.#judgeWalkers(event)
    const index = this.#tracked.indexOf(page, level)
    if (index < 0) return
    if (this.#isStaleOnDevice(index, stamp, frame, allowed))
      this.report(
        invariantOf(obligation),
        cpuOf(this.#parts, event.owner),
        page,
        this.#ofDevice(page, `after ${obligationName(obligation)} has passed`),
      )
    const { space } = this.#held.pages[index]
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) {
      if (!this.#held.isStale(cpu, index, stamp, frame, allowed, needed)) continue
      const isLoaded = this.#isLoaded(cpu, space)
      this.#held.condemn(cpu, index, isLoaded ? obligation : obligation | WAS_AWAY)
      if ((obligation & WALK_REACH) !== 0 && isLoaded && !this.isPreempted(cpu)) this.#convict(cpu, index)
    }
  }

  /** What the device has cached it can use at any time. */
  #isStaleOnDevice(index: number, version: number, frame: number, allowed: number): boolean {
    const { device } = this
    return device !== null && this.#held.isStale(device.holder, index, version, frame, allowed, 0)
  }

  #ofDevice(page: number, when: string): string {
    return `the device can still use its old translation of page ${page} ${when}`
  }

  #judgeWalkers(event: PassedEvent): void {
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) {
      if (!this.isWalkerIn(cpu, event)) continue
      const message = `CPU ${cpu} walks in software through the table of page ${event.page}, which has another use now`
      this.report(invariantOf(event.obligation), cpu, event.page, message)
    }
  }

  /** The CPU can start a step: a condemned entry of what it has loaded can translate an access in it. */
  judgeCpu(cpu: number): void {
    if (this.isPreempted(cpu)) return
    for (let index = 0; index < this.#held.pages.length; index++) {
      const condemned = this.#held.condemned(cpu, index)
      if (condemned === 0) continue
      const { space } = this.#held.pages[index]
      if ((this.isIdle(cpu) || this.isInKernel(cpu)) && space !== KERNEL_SPACE) continue
      if (space === KERNEL_SPACE && this.#isInUserOnly(cpu) && (condemned & WALK_REACH) === 0) continue
      if (this.#isLoaded(cpu, space)) this.#convict(cpu, index)
    }
  }

  /** After any step: CPUs in user mode can start one at any time, idle ones use kernel mappings. */
  judgeAll(isInUserMode: (cpu: number) => boolean): void {
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) {
      if (this.#state(cpu, KIND) === KIND_NONE && !this.#isInHandler(cpu) && isInUserMode(cpu))
        this.judgeCpu(cpu)
    }
  }

  #convict(cpu: number, index: number): void {
    const condemned = this.#held.condemned(cpu, index)
    const { page, space } = this.#held.pages[index]
    const obligation = condemned & -condemned
    const wasAway = (condemned & WAS_AWAY) !== 0
    const what = space === KERNEL_SPACE ? 'kernel page' : 'page'
    const away = wasAway ? ', and its space was not loaded then' : ''
    this.report(
      wasAway ? 'I7' : invariantOf(obligation),
      cpu,
      page,
      `CPU ${cpu} can still use its old translation of ${what} ${page} after ${obligationName(obligation)} has passed${away}`,
    )
  }

  judgeOrphans(cpu: number, to: number): void {
    this.report(
      'I7',
      cpu,
      0,
      `CPU ${cpu} runs space ${to}, without a flush, under a tag that still holds what a space had there before it got another tag`,
    )
  }

  judgeTagTakenOver(cpu: number, from: number, to: number): void {
    const index = this.#held.pages.findIndex(
      ({ space }, at) => space === from && this.#held.entry(cpu, at) !== 0,
    )
    if (index < 0) return
    const { page } = this.#held.pages[index]
    this.report(
      'I7',
      cpu,
      page,
      `CPU ${cpu} runs space ${to} under the tag of space ${from} without a flush: page ${page} still translates`,
    )
  }

  opened(serial: number, { owner, page, level, stamp, allowed, obligation }: PassedEvent): void {
    const index = this.#tracked.indexOf(page, level)
    if ((obligation & BINDING) === 0 || index < 0) return
    this.#open.add(owner, { serial, index, version: stamp, allowed, owed: obligation })
  }

  /** SETTLED: the changes from one serial to another, and no others. */
  claimed(owner: number, fromSerial: number, toSerial: number): void {
    this.#close(
      owner,
      'SETTLED',
      (serial) => reachedSerial(serial, fromSerial) && reachedSerial(toSerial, serial),
    )
  }

  settled(owner: number, upTo: number, issued: number): void {
    const cpu = cpuOf(this.#parts, owner)
    if (!reachedSerial(issued, upTo))
      this.report('I11', cpu, 0, `settle claims change ${upTo} of CPU ${cpu}, whose last one is ${issued}`)
    this.#close(owner, 'settle', (serial) => reachedSerial(upTo, serial))
  }

  #close(owner: number, claim: string, isClaimed: (serial: number) => boolean): void {
    this.#open.close(owner, isClaimed, (change) => this.#judgeClaim(owner, claim, change))
  }

  /**
   * `covered`: a change that is open here, for some of what it owes. Asked about again and again, so one
   * that is covered for all of it is closed.
   */
  answered(owner: number, serial: number, obligations: number): void {
    const change = this.#open.find(owner, serial)
    if (change === null) return
    if ((change.owed & BINDING & ~obligations) === 0) this.#close(owner, 'covered', (one) => one === serial)
    else this.#judgeClaim(owner, 'covered', change)
  }

  #judgeClaim(owner: number, claim: string, change: OpenChange): void {
    const { serial, index, version, allowed, owed } = change
    const { page, space } = this.#held.pages[index]
    if (this.#isStaleOnDevice(index, version, -1, allowed))
      this.report(
        'I11',
        cpuOf(this.#parts, owner),
        page,
        this.#ofDevice(page, `while ${claim} claims change ${serial}`),
      )
    for (let cpu = 0; cpu < this.#cpuCount; cpu++) {
      if (this.isPreempted(cpu)) continue
      if (this.#isUnused(cpu, space) && (owed & WALK_REACH) === 0) continue
      if (!this.#isLoaded(cpu, space) || !this.#held.isStale(cpu, index, version, -1, allowed, 0)) continue
      const message = `${claim} claims change ${serial} of CPU ${cpuOf(this.#parts, owner)} while CPU ${cpu} can still use its old translation of page ${page}`
      this.report('I11', cpu, page, message)
    }
  }
}
