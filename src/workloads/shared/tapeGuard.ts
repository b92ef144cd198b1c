import { DIRECT_MAP_BASE, KERNEL_SPACE } from '../../contract/page.js'
import { ROLE_INITIATOR, ROLE_INNOCENT } from '../../contract/tape.js'
import type { Handle, MapOptions } from '../../contract/workload.js'
import type { InstructionList } from './instructionList.js'
import type { Misuse } from './misuse.js'
import { TapeMappings } from './tapeMappings.js'
import { TapeSections } from './tapeSections.js'

/** Space 0 is the kernel's; space 1 is the one that all CPUs run. */
const FIRST_SPACE = 1
const MAX_SPACE = 0xffff

/** Refuses what would stop or mislead an engine, one instruction at a time, before it is appended. */
export class TapeGuard {
  readonly misuse: Misuse
  readonly mappings: TapeMappings
  readonly sections: TapeSections
  readonly #role: number
  readonly #list: InstructionList
  readonly #handleCount: () => number
  isInBody = false
  #space = FIRST_SPACE
  #bodySpace = FIRST_SPACE
  #mappedBeforeBody: ReturnType<TapeMappings['snapshot']> = new Map()
  /** Handles that the open batch has changed: their entries are locked until it ends. */
  readonly #lockedHandles = new Set<Handle>()
  #bodyTakesTime = false
  /** Handles of what is mapped in this CPU's window. */
  readonly #live = new Set<Handle>()
  /** All that were ever got here: no other CPU may use what they map. */
  readonly windowHandles = new Set<Handle>()
  maxSpace = FIRST_SPACE

  constructor(misuse: Misuse, role: number, list: InstructionList, handleCount: () => number) {
    this.misuse = misuse
    this.mappings = new TapeMappings(misuse)
    this.sections = new TapeSections(misuse)
    this.#role = role
    this.#list = list
    this.#handleCount = handleCount
  }

  get at(): number {
    return this.#list.count
  }

  get space(): number {
    return this.#space
  }

  body(): void {
    if (this.isInBody) throw this.misuse.at(this.at, 'body() is called twice', 'a tape has one body')
    this.sections.checkClosed('body()', this.at)
    this.isInBody = true
    this.#bodySpace = this.#space
    this.#mappedBeforeBody = this.mappings.snapshot()
  }

  map(handle: Handle, pageCount: number, { guest = false, vmalloc = false }: MapOptions): void {
    this.#checkRepeats('maps')
    this.#checkHandle(handle)
    this.misuse.checkWhole(this.at, 'page count', pageCount, 1, DIRECT_MAP_BASE)
    if (guest && vmalloc)
      throw this.misuse.at(this.at, `maps handle ${handle} as guest and as vmalloc`, 'choose one of them')
    const space = vmalloc ? KERNEL_SPACE : this.#space
    this.mappings.map({ handle, pageCount, space, isInBody: this.isInBody, at: this.at })
  }

  unmap(handle: Handle): void {
    this.#checkRepeats('unmaps')
    this.#checkHandle(handle)
    this.#operation(handle, this.mappings.unmap(handle, this.at))
  }

  get(handle: Handle, pageCount: number): void {
    this.map(handle, pageCount, {})
    this.#live.add(handle)
    this.windowHandles.add(handle)
  }

  /** Its entries are nobody else's, so a batch does not keep them locked. */
  put(handle: Handle): void {
    this.#checkRepeats('puts')
    this.#checkHandle(handle)
    this.sections.operation(this.mappings.unmap(handle, this.at))
    this.#live.delete(handle)
  }

  change(verb: string, handle: Handle, firstPage: number, pageCount: number): void {
    this.#use(verb, handle, firstPage, pageCount, true)
    this.#operation(handle, pageCount)
  }

  access(verb: string, handle: Handle, firstPage: number, pageCount: number, isKernel = false): void {
    this.#use(verb, handle, firstPage, pageCount, false, isKernel)
    if (this.#lockedHandles.has(handle)) {
      const reason = `${verb} handle ${handle}, which the same batch has changed`
      throw this.misuse.at(
        this.at,
        reason,
        'its entries are locked until the batch ends: access it after that',
      )
    }
    this.takeTime()
    // A fault on guest memory is an operation too: one page at a time, but inside a batch they add up.
    this.sections.operation(this.sections.isIn('batch') ? pageCount : 1)
  }

  takeTime(): void {
    this.#bodyTakesTime ||= this.isInBody
  }

  op(): void {
    this.#checkInitiator('op')
    if (!this.isInBody) {
      throw this.misuse.at(this.at, 'op in the setup', 'only the body is timed: call body() first')
    }
    this.sections.begin('op', this.at)
  }

  batch(): void {
    this.#checkRepeats('begins a batch')
    this.sections.begin('batch', this.at)
  }

  batchEnded(): void {
    this.sections.end('batch')
    this.#lockedHandles.clear()
  }

  /** Until the others have arrived: what this CPU has locked must not be what they need. */
  wait(what: string): void {
    this.#checkInitiator(what)
    this.sections.checkNotInBatch(what, this.at)
  }

  switchTo(space: number): void {
    this.misuse.checkWhole(this.at, 'space', space, FIRST_SPACE, MAX_SPACE)
    this.sections.checkNotInBatch('switchTo', this.at)
    if (space !== this.#space) this.#checkRepeats('switches')
    for (const handle of this.#live) {
      const reason = `switches with handle ${handle} in the window of space ${this.#space}`
      throw this.misuse.at(
        this.at,
        reason,
        'put it first: a temporary mapping belongs to the space that is active',
      )
    }
    this.#space = space
    this.maxSpace = Math.max(this.maxSpace, space)
  }

  /** @param section as the error says it: `the body`, `the loop`; it runs again, so it must end as it began */
  checkRepeatable(section: string, mapped: ReturnType<TapeMappings['snapshot']>, space: number): void {
    this.mappings.checkSame(mapped, section, this.at)
    if (this.#space === space) return
    const reason = `${section} begins in space ${space} and ends in space ${this.#space}`
    throw this.misuse.at(this.at, reason, `${section} runs again: switchTo(${space}) at its end`)
  }

  finish(): void {
    this.sections.checkClosed('the end of the tape', this.at)
    if (!this.isInBody) this.body()
    this.checkRepeatable('the body', this.#mappedBeforeBody, this.#bodySpace)
    if (this.#role !== ROLE_INNOCENT || this.#bodyTakesTime) return
    const reason = 'the body of an innocent takes no time, and it repeats until the last initiator ends'
    throw this.misuse.at(this.at, reason, 'let it access, compute or pause')
  }

  #checkHandle(handle: Handle): void {
    const count = this.#handleCount()
    if (Number.isInteger(handle) && handle >= 0 && handle < count) return
    throw this.misuse.at(
      this.at,
      `unknown handle ${handle}`,
      `take one from plan.handle(); there are ${count}`,
    )
  }

  #checkInitiator(what: string): void {
    if (this.#role === ROLE_INITIATOR) return
    throw this.misuse.at(this.at, `${what} on the tape of an innocent`, 'only initiators have ops and wait')
  }

  /** An innocent is stopped wherever it stands, and its next pass begins again: nothing may be half done then. */
  #checkRepeats(verb: string): void {
    if (this.#role === ROLE_INITIATOR || !this.isInBody) return
    const reason = `${verb} in the body of an innocent, which may be stopped before it comes to the end`
    throw this.misuse.at(this.at, reason, 'do it in the setup, or on the tape of an initiator')
  }

  #use(
    verb: string,
    handle: Handle,
    firstPage: number,
    pageCount: number,
    isChange: boolean,
    isKernel = false,
  ): void {
    this.#checkHandle(handle)
    if (this.#live.has(handle) && !isKernel) {
      const reason = `${verb} handle ${handle} in user mode, which is mapped in a window of the kernel`
      throw this.misuse.at(this.at, reason, 'use readKernel')
    }
    this.misuse.checkWhole(this.at, 'page count', pageCount, 1, DIRECT_MAP_BASE)
    this.misuse.checkWhole(this.at, 'first page', firstPage, 0, DIRECT_MAP_BASE)
    const space = isKernel && !this.#live.has(handle) ? KERNEL_SPACE : this.#space
    const where = { space, isInBody: this.isInBody, at: this.at }
    this.mappings.use({ verb, handle, firstPage, pageCount, isChange, ...where })
  }

  #operation(handle: Handle, pages: number): void {
    this.sections.operation(pages)
    if (this.sections.isIn('batch')) this.#lockedHandles.add(handle)
  }
}
