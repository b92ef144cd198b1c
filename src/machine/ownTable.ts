/**
 * The pages for which one CPU's own page table has an entry. What an entry says is not kept here: it is
 * a copy of the shared table's, whose accessed and dirty bits the walker sets directly. Addresses are
 * dealt out once for all spaces, so the page alone tells. Kernel mappings are in every table.
 */
export interface OwnTable {
  has(page: number): boolean
  fill(page: number): void
  /** @returns how many entries were there */
  drop(firstPage: number, pageCount: number): number
}

/** Nobody but the CPU itself touches it, as with its TLB. */
export class OwnPages implements OwnTable {
  readonly #pages = new Set<number>()

  has(page: number): boolean {
    return this.#pages.has(page)
  }

  fill(page: number): void {
    this.#pages.add(page)
  }

  drop(firstPage: number, pageCount: number): number {
    const before = this.#pages.size
    const end = firstPage + pageCount
    if (pageCount <= before) for (let page = firstPage; page < end; page++) this.#pages.delete(page)
    else for (const page of this.#pages) if (page >= firstPage && page < end) this.#pages.delete(page)
    return before - this.#pages.size
  }
}
