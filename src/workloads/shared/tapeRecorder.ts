import { KIND_GUEST, KIND_USER } from '../../contract/change.js'
import { DIRECT_MAP_BASE, EXECUTABLE, FRAME_SHIFT, WRITABLE } from '../../contract/page.js'
import * as tape from '../../contract/tape.js'
import type { Handle, MapOptions, TapeWriter } from '../../contract/workload.js'
import { InstructionList, UPPER } from './instructionList.js'
import type { Misuse } from './misuse.js'
import { TapeMappings } from './tapeMappings.js'
import { TapeSections } from './tapeSections.js'

const MAX_NS = 0x7fffffff
/** Frame numbers fill what an entry has above its flags. */
const MAX_FRAMES = 2 ** (32 - FRAME_SHIFT)
/** Space 0 is the kernel's; space 1 is the one that all CPUs run. */
const FIRST_SPACE = 1
const MAX_SPACE = 0xffff

/** Writes one CPU's tape, and refuses what would stop or mislead an engine. */
export class TapeRecorder implements TapeWriter {
  readonly cpu: number
  readonly role: number
  readonly misuse: Misuse
  readonly mappings: TapeMappings
  readonly sections: TapeSections
  readonly #handleCount: () => number
  readonly #list = new InstructionList()
  #bodyAt = -1
  #space = FIRST_SPACE
  #bodySpace = FIRST_SPACE
  #mappedBeforeBody: ReturnType<TapeMappings['snapshot']> = new Map()
  /** Handles that the open batch has changed: their entries are locked until it ends. */
  readonly #lockedHandles = new Set<Handle>()
  #bodyTakesTime = false
  maxSpace = FIRST_SPACE

  constructor(cpu: number, role: number, misuse: Misuse, handleCount: () => number) {
    this.cpu = cpu
    this.role = role
    this.misuse = misuse
    this.mappings = new TapeMappings(misuse)
    this.sections = new TapeSections(misuse)
    this.#handleCount = handleCount
  }

  get #at(): number {
    return this.#list.count
  }

  get #isInBody(): boolean {
    return this.#bodyAt >= 0
  }

  body(): void {
    if (this.#isInBody) throw this.misuse.at(this.#at, 'body() is called twice', 'a tape has one body')
    this.sections.checkClosed('body()', this.#at)
    this.#bodyAt = this.#list.wordCount
    this.#bodySpace = this.#space
    this.#mappedBeforeBody = this.mappings.snapshot()
  }

  map(handle: Handle, pageCount: number, options: MapOptions = {}): void {
    this.#checkHandle(handle)
    this.misuse.checkWhole(this.#at, 'page count', pageCount, 1, DIRECT_MAP_BASE)
    this.mappings.map({ handle, pageCount, space: this.#space, isInBody: this.#isInBody, at: this.#at })
    const flags = (options.writable ? WRITABLE : 0) | (options.executable ? EXECUTABLE : 0)
    const kind = options.guest ? KIND_GUEST : KIND_USER
    this.#list.append(tape.TAPE_MAP, handle, pageCount, flags | (kind << UPPER))
  }

  unmap(handle: Handle): void {
    this.#checkHandle(handle)
    this.#operation(handle, this.mappings.unmap(handle, this.#at))
    this.#list.append(tape.TAPE_UNMAP, handle)
  }

  protect(handle: Handle, firstPage: number, pageCount: number, writable: boolean): void {
    this.#use('protects', handle, firstPage, pageCount, true)
    this.#operation(handle, pageCount)
    const grant = writable ? WRITABLE : 0
    this.#list.append(tape.TAPE_PROTECT | (grant << UPPER), handle, firstPage, pageCount)
  }

  adviseAway(handle: Handle, firstPage: number, pageCount: number): void {
    this.#use('advises away', handle, firstPage, pageCount, true)
    this.#operation(handle, pageCount)
    this.#list.append(tape.TAPE_ADVISE_AWAY, handle, firstPage, pageCount)
  }

  read(handle: Handle, firstPage: number, pageCount: number): void {
    this.#access('reads', handle, firstPage, pageCount)
    this.#list.append(tape.TAPE_ACCESS, handle, firstPage, pageCount)
  }

  write(handle: Handle, firstPage: number, pageCount: number): void {
    this.#access('writes', handle, firstPage, pageCount)
    this.#list.append(tape.TAPE_ACCESS | (tape.ACCESS_WRITE << UPPER), handle, firstPage, pageCount)
  }

  readDirect(firstFrame: number, frameCount: number): void {
    this.misuse.checkWhole(this.#at, 'first frame', firstFrame, 0, MAX_FRAMES - 1)
    this.misuse.checkWhole(this.#at, 'frame count', frameCount, 1, MAX_FRAMES - firstFrame)
    this.#bodyTakesTime ||= this.#isInBody
    this.#list.append(tape.TAPE_ACCESS_DIRECT, 0, firstFrame, frameCount)
  }

  op(write: () => void): void {
    this.#checkInitiator('op')
    if (!this.#isInBody)
      throw this.misuse.at(this.#at, 'op in the setup', 'only the body is timed: call body() first')
    this.sections.begin('op', this.#at)
    this.#list.append(tape.TAPE_OP_BEGIN)
    write()
    this.#list.append(tape.TAPE_OP_END)
    this.sections.end('op')
  }

  loop(times: number, write: () => void): void {
    this.sections.beginLoop(times, this.#at)
    const before = this.mappings.snapshot()
    const space = this.#space
    this.#list.append(tape.TAPE_LOOP, times)
    write()
    if (times > 1) this.mappings.checkSame(before, 'the loop', this.#at)
    if (times > 1) this.#checkSpace(space, 'the loop')
    this.#list.append(tape.TAPE_LOOP_END)
    this.sections.endLoop(times)
  }

  batch(write: () => void): void {
    this.sections.begin('batch', this.#at)
    this.#list.append(tape.TAPE_BATCH_BEGIN)
    write()
    this.#list.append(tape.TAPE_BATCH_END)
    this.sections.end('batch')
    this.#lockedHandles.clear()
  }

  pause(ns: number): void {
    this.#passTime(tape.TAPE_PAUSE, 'pause of ns', ns)
  }

  compute(ns: number): void {
    this.#passTime(tape.TAPE_COMPUTE, 'compute of ns', ns)
  }

  barrier(): void {
    this.#wait(tape.TAPE_BARRIER, 'barrier')
    this.sections.barrier(this.#isInBody)
  }

  awaitReaders(): void {
    this.#wait(tape.TAPE_AWAIT_READERS, 'awaitReaders')
  }

  tick(): void {
    this.#wait(tape.TAPE_TICK, 'tick')
  }

  switchTo(space: number): void {
    this.misuse.checkWhole(this.#at, 'space', space, FIRST_SPACE, MAX_SPACE)
    this.sections.checkNotInBatch('switchTo', this.#at)
    this.#space = space
    this.maxSpace = Math.max(this.maxSpace, space)
    this.#list.append(tape.TAPE_SWITCH, space)
  }

  /** The tape, whole: an engine may run it once all tapes are checked against each other. */
  finish(): tape.Tape {
    this.sections.checkClosed('the end of the tape', this.#at)
    if (!this.#isInBody) this.body()
    this.mappings.checkSame(this.#mappedBeforeBody, 'the body', this.#at)
    this.#checkSpace(this.#bodySpace, 'the body')
    if (this.role === tape.ROLE_INNOCENT && !this.#bodyTakesTime) {
      const reason = 'the body of an innocent takes no time, and it repeats until the last initiator ends'
      throw this.misuse.at(this.#at, reason, 'let it access, compute or pause')
    }
    this.#list.append(tape.TAPE_END)
    const instructions = this.#list.toWords()
    return { role: this.role, instructions, bodyAt: this.#bodyAt, opCount: this.sections.opCount }
  }

  #checkHandle(handle: Handle): void {
    const count = this.#handleCount()
    if (Number.isInteger(handle) && handle >= 0 && handle < count) return
    throw this.misuse.at(
      this.#at,
      `unknown handle ${handle}`,
      `take one from plan.handle(); there are ${count}`,
    )
  }

  #checkInitiator(what: string): void {
    if (this.role === tape.ROLE_INITIATOR) return
    throw this.misuse.at(this.#at, `${what} on the tape of an innocent`, 'only initiators have ops and wait')
  }

  #checkSpace(space: number, section: string): void {
    if (this.#space === space) return
    const reason = `${section} begins in space ${space} and ends in space ${this.#space}`
    throw this.misuse.at(this.#at, reason, `${section} runs again: switchTo(${space}) at its end`)
  }

  #use(verb: string, handle: Handle, firstPage: number, pageCount: number, isChange: boolean): void {
    this.#checkHandle(handle)
    this.misuse.checkWhole(this.#at, 'page count', pageCount, 1, DIRECT_MAP_BASE)
    this.misuse.checkWhole(this.#at, 'first page', firstPage, 0, DIRECT_MAP_BASE)
    const where = { space: this.#space, isInBody: this.#isInBody, at: this.#at }
    this.mappings.use({ verb, handle, firstPage, pageCount, isChange, ...where })
  }

  #access(verb: string, handle: Handle, firstPage: number, pageCount: number): void {
    this.#use(verb, handle, firstPage, pageCount, false)
    if (this.#lockedHandles.has(handle)) {
      const reason = `${verb} handle ${handle}, which the same batch has changed`
      throw this.misuse.at(
        this.#at,
        reason,
        'its entries are locked until the batch ends: access it after that',
      )
    }
    this.#bodyTakesTime ||= this.#isInBody
    // A fault on guest memory is an operation too: one page at a time, but inside a batch they add up.
    this.sections.operation(this.sections.isIn('batch') ? pageCount : 1)
  }

  #operation(handle: Handle, pages: number): void {
    this.sections.operation(pages)
    if (this.sections.isIn('batch')) this.#lockedHandles.add(handle)
  }

  #passTime(opcode: number, what: string, ns: number): void {
    this.misuse.checkWhole(this.#at, what, ns, 1, MAX_NS)
    this.#bodyTakesTime ||= this.#isInBody
    this.#list.append(opcode, ns)
  }

  #wait(opcode: number, what: string): void {
    this.#checkInitiator(what)
    this.sections.checkNotInBatch(what, this.#at)
    this.#list.append(opcode)
  }
}
