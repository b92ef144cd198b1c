import { KERNEL_SPACE } from '../../contract/page.js'
import type { Handle } from '../../contract/workload.js'
import type { Misuse } from './misuse.js'

/** A map instruction. */
export interface Mapping {
  readonly handle: Handle
  readonly pageCount: number
  readonly space: number
  readonly isInBody: boolean
  readonly at: number
}

/** An access or change of a handle that the tape itself has not mapped at that point: judged when all tapes are written. */
export interface OpenUse {
  /** As the error says it: `reads`, `protects`. */
  readonly verb: string
  readonly handle: Handle
  readonly firstPage: number
  readonly pageCount: number
  readonly space: number
  /** Protect or advise away, which need the mapping; an access is passed over where there is none. */
  readonly isChange: boolean
  readonly isInBody: boolean
  readonly at: number
}

/**
 * What one tape has mapped at the instruction that is being written. It follows the tape once, which
 * is right for every time that it runs because loops and the body must leave what they found.
 */
export class TapeMappings {
  readonly #misuse: Misuse
  readonly #live = new Map<Handle, Mapping>()
  /** Every map instruction. */
  readonly mapped: Mapping[] = []
  readonly openUses: OpenUse[] = []

  constructor(misuse: Misuse) {
    this.#misuse = misuse
  }

  map(mapping: Mapping): void {
    const { handle, at } = mapping
    const before = this.#live.get(handle)
    if (before !== undefined) {
      const reason = `maps handle ${handle}, which is mapped since instruction ${before.at}`
      throw this.#misuse.at(at, reason, 'unmap it first, or take another handle')
    }
    this.#live.set(handle, mapping)
    this.mapped.push(mapping)
  }

  /** @returns its pages */
  unmap(handle: Handle, at: number): number {
    const mapping = this.#live.get(handle)
    // Only the tape that maps knows whether there is something to unmap at this point.
    if (mapping === undefined) {
      const reason = `unmaps handle ${handle}, which this tape has not mapped`
      throw this.#misuse.at(at, reason, 'unmap on the tape that maps, and after the map')
    }
    this.#live.delete(handle)
    return mapping.pageCount
  }

  use(use: OpenUse): void {
    const mapping = this.#live.get(use.handle)
    if (mapping === undefined) this.openUses.push(use)
    else this.checkUse(use, mapping)
  }

  /** @throws where the pages, or the space that is active, are not the mapping's */
  checkUse(use: OpenUse, mapping: Mapping): void {
    const { verb, handle, firstPage, pageCount, space, at } = use
    const last = firstPage + pageCount - 1
    if (last >= mapping.pageCount) {
      const pages = pageCount === 1 ? `page ${firstPage}` : `pages ${firstPage} to ${last}`
      const reason = `${verb} ${pages} of handle ${handle}, which has ${mapping.pageCount}`
      throw this.#misuse.at(at, reason, `its last page is ${mapping.pageCount - 1}`)
    }
    // The fault would fill the page in the mapping's space, and the access would never find it in its own.
    if (space !== mapping.space) {
      this.#checkMode(use, mapping)
      const reason = `${verb} handle ${handle} of space ${mapping.space} while space ${space} is active`
      throw this.#misuse.at(at, reason, `switchTo(${mapping.space}) first`)
    }
  }

  /** The kernel's area has accesses of its own, and no other change than its unmap. */
  #checkMode({ verb, handle, space, at }: OpenUse, mapping: Mapping): void {
    if (mapping.space === KERNEL_SPACE) {
      const reason = `${verb} handle ${handle}, which is mapped with vmalloc`
      throw this.#misuse.at(at, reason, 'use readKernel or writeKernel, or map it without vmalloc')
    }
    if (space !== KERNEL_SPACE) return
    throw this.#misuse.at(at, `${verb} handle ${handle}, which is user memory`, 'map it with vmalloc: true')
  }

  isMapped(mapping: Mapping): boolean {
    return this.#live.get(mapping.handle) === mapping
  }

  snapshot(): ReadonlyMap<Handle, Mapping> {
    return new Map(this.#live)
  }

  /**
   * @param section as the error says it: `the body`, `a loop`
   * @throws where a section that runs several times would not find again what it found the first time
   */
  checkSame(before: ReadonlyMap<Handle, Mapping>, section: string, at: number): void {
    for (const mapping of this.#live.values()) {
      if (before.get(mapping.handle)?.pageCount === mapping.pageCount) continue
      const reason = `maps handle ${mapping.handle}, and ${section} ends without its unmap`
      throw this.#misuse.at(mapping.at, reason, `${section} runs again and would map twice: unmap inside it`)
    }
    for (const handle of before.keys()) {
      if (this.#live.has(handle)) continue
      const reason = `${section} unmaps handle ${handle}, which was mapped before it`
      throw this.#misuse.at(at, reason, `${section} runs again and would unmap twice: map inside it`)
    }
  }
}
