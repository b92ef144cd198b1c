import { MAX_LOOP_DEPTH } from '../../contract/tape.js'
import type { Misuse } from './misuse.js'

type Section = 'op' | 'batch'

/** Loops, the op and the batch that are open at the instruction that is being written, and what is counted by them. */
export class TapeSections {
  readonly #misuse: Misuse
  #loopDepth = 0
  /** How often the next instruction runs in one pass, and how often since the batch began. */
  #runs = 1
  #batchRuns = 1
  #batchPages = 0
  readonly #open = new Set<Section>()
  opCount = 0
  maxOperationPages = 1
  /** Barriers met in the setup and in one pass of the body. */
  readonly barriers: [setup: number, body: number] = [0, 0]

  constructor(misuse: Misuse) {
    this.#misuse = misuse
  }

  isIn(section: Section): boolean {
    return this.#open.has(section)
  }

  beginLoop(times: number, at: number): void {
    this.#misuse.checkWhole(at, 'loop count', times, 1, 0x7fffffff)
    if (this.#loopDepth === MAX_LOOP_DEPTH) {
      throw this.#misuse.at(at, `loops nest deeper than ${MAX_LOOP_DEPTH}`, 'write the inner one out')
    }
    this.#loopDepth++
    this.#runs *= times
    if (this.isIn('batch')) this.#batchRuns *= times
  }

  endLoop(times: number): void {
    this.#loopDepth--
    this.#runs /= times
    if (this.isIn('batch')) this.#batchRuns /= times
  }

  begin(section: Section, at: number): void {
    if (this.isIn(section))
      throw this.#misuse.at(at, `${section} inside ${section}`, 'end the outer one first')
    if (section === 'op' && this.isIn('batch')) {
      throw this.#misuse.at(at, 'op inside batch', 'a batch has one end: put the batch into the op')
    }
    this.#open.add(section)
    if (section === 'op') this.opCount += this.#runs
    else {
      this.#batchRuns = 1
      this.#batchPages = 0
    }
  }

  end(section: Section): void {
    this.#open.delete(section)
  }

  /** An operation over so many pages; a batch is one operation, so its parts add up. */
  operation(pages: number): void {
    if (this.isIn('batch')) this.#batchPages += pages * this.#batchRuns
    this.maxOperationPages = Math.max(this.maxOperationPages, this.isIn('batch') ? this.#batchPages : pages)
  }

  barrier(isInBody: boolean): void {
    this.barriers[isInBody ? 1 : 0] += this.#runs
  }

  /** @throws where something is open that must not be: the waiter would hold what another CPU needs to arrive */
  checkNotInBatch(what: string, at: number): void {
    if (this.isIn('batch')) throw this.#misuse.at(at, `${what} inside batch`, `move ${what} out of the batch`)
  }

  /** @param what as the error says it: `body()`, `the end of the tape` */
  checkClosed(what: string, at: number): void {
    const open = this.#loopDepth > 0 ? 'loop' : [...this.#open][0]
    if (open === undefined) return
    const remedy = 'do not swallow what its function throws, and call body() outside of it'
    throw this.#misuse.at(at, `${what} comes while ${open} is not closed`, remedy)
  }
}
