import { KIND_IOMMU, KIND_VMALLOC } from '../../contract/change.js'
import { OPERATION_ADVISE_AWAY, OPERATION_PROTECT, OPERATION_WRITE_OUT } from '../../contract/operation.js'
import { PRESENT, USER, WRITABLE } from '../../contract/page.js'
import { HANDLE_FIRST, HANDLE_MAPPED, HANDLE_SPACE } from '../../machine/words.js'
import type { Context } from '../../pagetable/context.js'
import type { Kernel } from '../../pagetable/kernel.js'
import { LEVEL_LEAF } from '../../pagetable/passedEvent.js'
import { SPACE } from '../../pagetable/position.js'
import { usersWord } from '../../pagetable/switchSpace.js'
import type { OperationChoice, OperationKind } from './exploreCase.js'
import { IN_BATCH, OPERATIONS_LEFT } from './exploreWords.js'
import type { PortParts } from './portParts.js'

/** Handle of the mapping that all CPUs share; CPU c's own one follows, after those the one in the other space, then CPU c's window. */
export const SHARED_HANDLE = 0
export const FIRST_SPACE = 1
export const OTHER_SPACE = 2

/** What does not depend on the space that is loaded. */
const ANYWHERE = new Set<OperationKind>(['batch', 'pin', 'adviseOther', 'vmalloc', 'dma'])

/** Of a mapping of the device, as the tape's map instruction has them. */
export const DEVICE_FLAGS: number = WRITABLE | (KIND_IOMMU << 8)

/** Which operations a CPU's program can begin, and how each begins. */
export class CpuOperations {
  readonly #id: number
  readonly #role: readonly OperationKind[]
  /** Of the shared mapping. */
  readonly #pageCount: number
  readonly #parts: PortParts
  readonly #context: Context
  readonly #kernel: Kernel

  constructor(
    role: readonly OperationKind[],
    pageCount: number,
    parts: PortParts,
    context: Context,
    kernel: Kernel,
  ) {
    this.#id = context.cpu
    this.#role = role
    this.#pageCount = pageCount
    this.#parts = parts
    this.#context = context
    this.#kernel = kernel
  }

  #state(word: number): number {
    const { arena, words } = this.#parts
    return arena.words[words.cpus.base + this.#id * words.cpus.stride + word]
  }

  #handleWord(handle: number): number {
    return this.#parts.cell.machine.handles.base + handle * this.#parts.cell.machine.handles.stride
  }

  /** The next CPU's own mapping: the one whose table that CPU may free meanwhile. */
  get #pinnable(): number {
    return 1 + ((this.#id + 1) % this.#parts.cell.config.cpuCount)
  }

  get otherHandle(): number {
    return 1 + this.#parts.cell.config.cpuCount
  }

  /** Of what the CPU maps in its window; only where the case has windows. */
  get #windowHandle(): number {
    return this.otherHandle + 1 + this.#parts.cell.config.cpuCount + this.#id
  }

  get #isInWindow(): boolean {
    if ((this.#parts.cell.config.windowPages ?? 0) === 0) return false
    return this.#parts.arena.words[this.#handleWord(this.#windowHandle) + HANDLE_MAPPED] !== 0
  }

  /** The page of the kernel's area. */
  get #kernelHandle(): number {
    return this.otherHandle + 1 + this.#id
  }

  get #ownHandle(): number {
    return this.#handleWord(1 + this.#id)
  }

  /** What a CPU in user mode can begin; an operation that the program could not ask for is no choice. */
  canBegin({ kind, page }: OperationChoice): boolean {
    if (!this.#role.includes(kind)) return false
    const { words } = this.#parts.arena
    const shared = this.#handleWord(SHARED_HANDLE)
    const isHome = this.#context.p[SPACE] === words[shared + HANDLE_SPACE]
    const isBatchOpen = this.#state(IN_BATCH) !== 0
    if (this.#state(OPERATIONS_LEFT) === 0) return kind === 'batch' && isBatchOpen
    if (kind === 'touch') return isHome && words[shared + HANDLE_MAPPED] !== 0 && this.#wouldFault(page)
    // A temporary mapping belongs to the space that is loaded.
    if (kind === 'switch') return !isBatchOpen && !this.#isInWindow
    if (kind === 'teardown')
      return !isBatchOpen && !isHome && words[usersWord(this.#context, FIRST_SPACE)] === 0
    if (kind === 'idle' || kind === 'preempt') return !isBatchOpen
    if (ANYWHERE.has(kind)) return true
    // Only the pages of the first space are tracked: a mapping made in the other one would not be seen.
    if (kind === 'remap') return isHome
    if (kind === 'populate') return this.#ownPage >= 0 && this.#wouldFault(this.#indexOf(this.#ownPage))
    return isHome
  }

  /** The pages of the shared mapping are the first that are tracked. */
  #entry(page: number): number {
    return this.#parts.arena.words[this.#parts.tracked.wordOf(page)]
  }

  /** The page is not there, or not in this CPU's own table. */
  #wouldFault(index: number): boolean {
    const { own } = this.#parts.words
    if ((this.#entry(index) & PRESENT) === 0) return true
    return own !== null && this.#parts.arena.words[own.base + this.#id * own.stride + index] === 0
  }

  #indexOf(page: number): number {
    return this.#parts.tracked.indexOf(page, LEVEL_LEAF)
  }

  /** -1: not mapped now, or in a space that is not loaded. */
  get #ownPage(): number {
    const { words } = this.#parts.arena
    const own = this.#ownHandle
    const isHere = words[own + HANDLE_MAPPED] !== 0 && words[own + HANDLE_SPACE] === this.#context.p[SPACE]
    return isHere ? words[own + HANDLE_FIRST] : -1
  }

  /** Enters the kernel; the first step follows in the same transition. */
  begin({ kind, page }: OperationChoice): void {
    const kernel = this.#kernel
    switch (kind) {
      case 'advise':
        return kernel.change(OPERATION_ADVISE_AWAY, SHARED_HANDLE, page, 1, 0)
      case 'adviseAll':
        return kernel.change(OPERATION_ADVISE_AWAY, SHARED_HANDLE, 0, this.#pageCount, 0)
      case 'adviseOther':
        return kernel.change(OPERATION_ADVISE_AWAY, this.otherHandle, 0, 1, 0)
      case 'protect':
        return kernel.change(OPERATION_PROTECT, SHARED_HANDLE, page, 1, 0)
      case 'unprotect':
        return kernel.change(OPERATION_PROTECT, SHARED_HANDLE, page, 1, WRITABLE)
      case 'touch':
        return kernel.fault(
          this.#context.memory.load(this.#handleWord(SHARED_HANDLE) + HANDLE_FIRST) + page,
          PRESENT | USER,
          SHARED_HANDLE,
        )
      case 'writeOut':
        return kernel.change(OPERATION_WRITE_OUT, SHARED_HANDLE, page, 1, 0)
      case 'pin':
        return kernel.pin(this.#pinnable, 0, 1)
      case 'populate':
        return kernel.fault(
          this.#context.memory.load(this.#ownHandle + HANDLE_FIRST),
          PRESENT | USER,
          1 + this.#id,
        )
      case 'switch':
        return kernel.switchTo(this.#context.p[SPACE] === FIRST_SPACE ? OTHER_SPACE : FIRST_SPACE)
      case 'teardown':
        return kernel.tearDown(FIRST_SPACE)
      case 'remap':
        return this.#mapOrUnmap(1 + this.#id, WRITABLE)
      case 'dma':
        return this.#mapOrUnmap(1 + this.#id, DEVICE_FLAGS)
      case 'vmalloc':
        return this.#mapOrUnmap(this.#kernelHandle, WRITABLE | (KIND_VMALLOC << 8))
      case 'window':
        return this.#isInWindow ? kernel.put(this.#windowHandle) : kernel.get(this.#windowHandle, 1, 0)
      case 'idle':
      case 'preempt':
        // A step of a kind of its own (transitions.ts): the oracle must know from its beginning on.
        return
      case 'batch':
        return this.#state(IN_BATCH) === 0 ? kernel.beginBatch() : kernel.endBatch()
    }
  }

  #mapOrUnmap(handle: number, flags: number): void {
    const isMapped = this.#context.memory.load(this.#handleWord(handle) + HANDLE_MAPPED) !== 0
    if (isMapped) this.#kernel.unmap(handle)
    else this.#kernel.map(handle, 1, flags)
  }
}
