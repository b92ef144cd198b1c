import type { EngineName } from './job.js'
import { type Cell, cellKey, cellName } from './cells.js'
import type { Block } from './plan.js'

/** Where progress goes: stderr of a person who watches. */
export interface ProgressTerminal {
  isTerminal: boolean
  columns: number
  write(text: string): void
}

/** Nobody watches the log of a CI job line by line. */
export function terminalOf({ stderr, env }: Pick<NodeJS.Process, 'stderr' | 'env'>): ProgressTerminal {
  return {
    isTerminal: stderr.isTTY && (env['CI'] ?? '') === '',
    columns: stderr.columns || 80,
    write: (text) => void stderr.write(text),
  }
}

/**
 * Cells done, the current cell, time left.
 *
 * A line is painted when a repetition starts or ends and never in between: a timer in the parent would take a core from
 * what is measured. Quiet when nobody watches (no terminal, or CI).
 */
export class Progress {
  readonly #terminal: ProgressTerminal
  readonly #lanes: Record<EngineName, number>
  readonly #waiting = new Map<string, number>()
  readonly #cellCount: number
  readonly #left: Record<EngineName, number> = { sim: 0, threads: 0 }
  readonly #done: Record<EngineName, number> = { sim: 0, threads: 0 }
  readonly #spentMs: Record<EngineName, number> = { sim: 0, threads: 0 }
  #painted = false

  /** @param lanes repetitions of each engine that run at once */
  constructor(terminal: ProgressTerminal, blocks: readonly Block[], lanes: Record<EngineName, number>) {
    this.#terminal = terminal
    this.#lanes = lanes
    for (const block of blocks) {
      this.#left[block.engine] += block.jobs.length
      for (const { cell } of block.jobs) {
        const key = cellKey(cell)
        this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
      }
    }
    this.#cellCount = this.#waiting.size
  }

  /** Before the child exists; `threads` measures alone, so this is the last paint until it ends. */
  started(cell: Cell): void {
    if (cell.engine === 'threads') this.#paint(cell)
  }

  ended(cell: Cell, lastedMs: number): void {
    this.#left[cell.engine]--
    this.#done[cell.engine]++
    this.#spentMs[cell.engine] += lastedMs
    const key = cellKey(cell)
    const waiting = (this.#waiting.get(key) ?? 1) - 1
    if (waiting > 0) this.#waiting.set(key, waiting)
    else this.#waiting.delete(key)
    if (cell.engine === 'sim') this.#paint(cell)
  }

  /** Takes the line away, before anything else is written to the terminal. */
  clear(): void {
    if (this.#painted) this.#terminal.write('\r\u001b[K')
    this.#painted = false
  }

  /** Null until anything has ended. An engine that has not run yet is taken to be as slow as the other one. */
  leftMs(): number | null {
    const mean = (engine: EngineName): number => this.#spentMs[engine] / this.#done[engine]
    if (this.#done.sim + this.#done.threads === 0) return null
    const ofEngine = (engine: EngineName, other: EngineName): number => {
      if (this.#left[engine] === 0) return 0
      return (
        (this.#left[engine] * (this.#done[engine] > 0 ? mean(engine) : mean(other))) / this.#lanes[engine]
      )
    }
    return ofEngine('sim', 'threads') + ofEngine('threads', 'sim')
  }

  #paint(cell: Cell): void {
    if (!this.#terminal.isTerminal) return
    const done = this.#cellCount - this.#waiting.size
    const left = this.leftMs()
    const line = `${done}/${this.#cellCount} cells  ${cellName(cell)}${left === null ? '' : `  ${clock(left)} left`}`
    // A line that wraps cannot be taken back with \r.
    this.#terminal.write(`\r\u001b[K${line.slice(0, Math.max(20, this.#terminal.columns - 1))}`)
    this.#painted = true
  }
}

function clock(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
