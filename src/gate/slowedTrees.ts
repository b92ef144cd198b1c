import type { Builds } from './builds.js'
import type { Side } from './duel.js'
import { inject, spin } from './injection.js'

/** A tree as it is, three times, and its slowed copies, built as they are asked for. */
export class SlowedTrees {
  readonly #builds: Builds
  readonly #slowed = new Map<number, Record<Side, string>>()
  #source = ''
  #sound: Record<Side, string> = { base: '', head: '', again: '' }

  constructor(builds: Builds) {
    this.#builds = builds
  }

  async begin(): Promise<void> {
    this.#source = await this.#builds.snapshot('source')
    const make = (name: string) => this.#make(name, 0)
    this.#sound = { base: await make('base'), head: await make('head'), again: await make('again') }
  }

  /** @param iterations of the loop that head and its second build run; 0: none */
  async slowedBy(iterations: number): Promise<Record<Side, string>> {
    if (iterations === 0) return this.#sound
    const known = this.#slowed.get(iterations)
    if (known !== undefined) return known
    const make = (name: string) => this.#make(`${name}-${iterations}`, iterations)
    const roots = { base: this.#sound.base, head: await make('head'), again: await make('again') }
    this.#slowed.set(iterations, roots)
    return roots
  }

  async #make(name: string, iterations: number): Promise<string> {
    const folder = this.#builds.copy(this.#source, name)
    if (iterations > 0) inject(folder, spin(iterations))
    await this.#builds.build(folder)
    return folder
  }
}
