import { KIND_GUEST, KIND_USER, KIND_VMALLOC } from '../../contract/change.js'
import { EXECUTABLE, FRAME_SHIFT, WRITABLE } from '../../contract/page.js'
import * as tape from '../../contract/tape.js'
import type { Handle, MapOptions, TapeWriter } from '../../contract/workload.js'
import { InstructionList, UPPER } from './instructionList.js'
import { Misuse } from './misuse.js'
import { TapeGuard } from './tapeGuard.js'

const MAX_NS = 0x7fffffff
/** Frame numbers fill what an entry has above its flags. */
const MAX_FRAMES = 2 ** (32 - FRAME_SHIFT)

/** Writes one CPU's tape as src/contract/tape.ts encodes it. */
export class TapeRecorder implements TapeWriter {
  readonly cpu: number
  readonly role: number
  readonly guard: TapeGuard
  readonly #list = new InstructionList()
  #bodyAt = -1

  constructor(workload: string, cpu: number, role: number, handleCount: () => number) {
    this.cpu = cpu
    this.role = role
    this.guard = new TapeGuard(new Misuse(workload, cpu), role, this.#list, handleCount)
  }

  body(): void {
    this.guard.body()
    this.#bodyAt = this.#list.wordCount
  }

  map(handle: Handle, pageCount: number, options: MapOptions = {}): void {
    this.guard.map(handle, pageCount, options)
    const flags = (options.writable ? WRITABLE : 0) | (options.executable ? EXECUTABLE : 0)
    const kind = options.vmalloc ? KIND_VMALLOC : options.guest ? KIND_GUEST : KIND_USER
    this.#list.append(tape.TAPE_MAP, handle, pageCount, flags | (kind << UPPER))
  }

  unmap(handle: Handle): void {
    this.guard.unmap(handle)
    this.#list.append(tape.TAPE_UNMAP, handle)
  }

  protect(handle: Handle, firstPage: number, pageCount: number, writable: boolean): void {
    this.guard.change('protects', handle, firstPage, pageCount)
    const grant = writable ? WRITABLE : 0
    this.#list.append(tape.TAPE_PROTECT | (grant << UPPER), handle, firstPage, pageCount)
  }

  adviseAway(handle: Handle, firstPage: number, pageCount: number): void {
    this.guard.change('advises away', handle, firstPage, pageCount)
    this.#list.append(tape.TAPE_ADVISE_AWAY, handle, firstPage, pageCount)
  }

  read(handle: Handle, firstPage: number, pageCount: number): void {
    this.guard.access('reads', handle, firstPage, pageCount)
    this.#list.append(tape.TAPE_ACCESS, handle, firstPage, pageCount)
  }

  write(handle: Handle, firstPage: number, pageCount: number): void {
    this.guard.access('writes', handle, firstPage, pageCount)
    this.#list.append(tape.TAPE_ACCESS | (tape.ACCESS_WRITE << UPPER), handle, firstPage, pageCount)
  }

  writeOut(handle: Handle, firstPage: number, pageCount: number): void {
    this.guard.change('writes out', handle, firstPage, pageCount)
    this.#list.append(tape.TAPE_WRITE_OUT, handle, firstPage, pageCount)
  }

  pin(handle: Handle, firstPage: number, pageCount: number): void {
    this.guard.access('pins', handle, firstPage, pageCount)
    this.#list.append(tape.TAPE_PIN, handle, firstPage, pageCount)
  }

  get(handle: Handle, pageCount: number, firstFrame: number): void {
    this.guard.misuse.checkWhole(this.guard.at, 'first frame', firstFrame, 0, MAX_FRAMES - 1)
    this.guard.get(handle, pageCount)
    this.#list.append(tape.TAPE_GET, handle, pageCount, firstFrame)
  }

  put(handle: Handle): void {
    this.guard.put(handle)
    this.#list.append(tape.TAPE_PUT, handle)
  }

  readDirect(firstFrame: number, frameCount: number): void {
    const { misuse, at } = this.guard
    misuse.checkWhole(at, 'first frame', firstFrame, 0, MAX_FRAMES - 1)
    misuse.checkWhole(at, 'frame count', frameCount, 1, MAX_FRAMES - firstFrame)
    this.guard.takeTime()
    this.#list.append(tape.TAPE_ACCESS_DIRECT, 0, firstFrame, frameCount)
  }

  readKernel(handle: Handle, firstPage: number, pageCount: number): void {
    this.#accessKernel(tape.TAPE_ACCESS_KERNEL, 'reads', handle, firstPage, pageCount)
  }

  writeKernel(handle: Handle, firstPage: number, pageCount: number): void {
    const opcode = tape.TAPE_ACCESS_KERNEL | (tape.ACCESS_WRITE << UPPER)
    this.#accessKernel(opcode, 'writes', handle, firstPage, pageCount)
  }

  #accessKernel(opcode: number, verb: string, handle: Handle, firstPage: number, pageCount: number): void {
    this.guard.access(`${verb} (kernel)`, handle, firstPage, pageCount, true)
    this.#list.append(opcode, handle, firstPage, pageCount)
  }

  op(write: () => void): void {
    this.guard.op()
    this.#list.append(tape.TAPE_OP_BEGIN)
    write()
    this.#list.append(tape.TAPE_OP_END)
    this.guard.sections.end('op')
  }

  loop(times: number, write: () => void): void {
    const { sections, mappings, space, at } = this.guard
    sections.beginLoop(times, at)
    const before = mappings.snapshot()
    this.#list.append(tape.TAPE_LOOP, times)
    write()
    if (times > 1) this.guard.checkRepeatable('the loop', before, space)
    this.#list.append(tape.TAPE_LOOP_END)
    sections.endLoop(times)
  }

  batch(write: () => void): void {
    this.guard.batch()
    this.#list.append(tape.TAPE_BATCH_BEGIN)
    write()
    this.#list.append(tape.TAPE_BATCH_END)
    this.guard.batchEnded()
  }

  pause(ns: number): void {
    this.#passTime(tape.TAPE_PAUSE, 'pause of ns', ns)
  }

  compute(ns: number): void {
    this.#passTime(tape.TAPE_COMPUTE, 'compute of ns', ns)
  }

  idle(ns: number): void {
    this.guard.sections.checkNotInBatch('idle', this.guard.at)
    this.#passTime(tape.TAPE_IDLE, 'idle of ns', ns)
  }

  barrier(): void {
    this.guard.wait('barrier')
    this.guard.sections.barrier(this.guard.isInBody)
    this.#list.append(tape.TAPE_BARRIER)
  }

  awaitReaders(): void {
    this.guard.wait('awaitReaders')
    this.#list.append(tape.TAPE_AWAIT_READERS)
  }

  switchTo(space: number): void {
    this.guard.switchTo(space)
    this.#list.append(tape.TAPE_SWITCH, space)
  }

  tick(): void {
    this.guard.wait('tick')
    this.#list.append(tape.TAPE_TICK)
  }

  /** The tape, whole. Engines may run it once all tapes are checked against each other. */
  finish(): tape.Tape {
    this.guard.finish()
    if (this.#bodyAt < 0) this.#bodyAt = this.#list.wordCount
    this.#list.append(tape.TAPE_END)
    const { opCount } = this.guard.sections
    return { role: this.role, instructions: this.#list.toWords(), bodyAt: this.#bodyAt, opCount }
  }

  #passTime(opcode: number, what: string, ns: number): void {
    this.guard.misuse.checkWhole(this.guard.at, what, ns, 1, MAX_NS)
    this.guard.takeTime()
    this.#list.append(opcode, ns)
  }
}
