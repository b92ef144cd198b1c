import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The strategy that is made worse on purpose: the simplest one, whose every change takes one round. */
export const INJECTED_STRATEGY = 'immediate'
/** Its slowdown is what an effect means; the others that have the strategy are slower by something else. */
export const CALIBRATED_CELL = `threads/${INJECTED_STRATEGY}/munmap-storm/2`
const FILE = join('src', 'strategies', `${INJECTED_STRATEGY}.ts`)
/** Every change begins here. */
const PLACE = 'changed(cpu: Port, change: Change): Ticket {\n'

export interface Injection {
  /** At the beginning of every change. */
  readonly statement: string
  /** What it uses, in its module. */
  readonly declaration: string
}

/** One interrupt more at every change, for nobody's good: the virtual clock sees it, and so does a counter. */
export const EXTRA_INTERRUPT: Injection = {
  statement: 'cpu.interruptOne((cpu.id + 1) % cpu.count)',
  declaration: '',
}

/**
 * Work on real threads that leaves no trace. Its result is stored atomically, in words that nothing else reads: what
 * follows waits for it, as it would for anything that a strategy does with shared words, and the processor cannot hide it.
 */
export function spin(iterations: number): Injection {
  return {
    statement:
      `let spun = change.serial; for (let turn = 0; turn < ${iterations}; turn++) ` +
      `spun = Math.imul(spun ^ turn, 1664525) + 1013904223; Atomics.store(SPUN, 0, spun)`,
    declaration: 'const SPUN = new Int32Array(new SharedArrayBuffer(64))\n',
  }
}

/**
 * What a careless commit would do.
 * @param folder a tree of sources that is not compiled yet
 * @throws Error where the place is not found: the strategy was written anew
 */
export function inject(folder: string, { statement, declaration }: Injection): void {
  const path = join(folder, FILE)
  const text = readFileSync(path, 'utf8')
  const parts = text.split(PLACE)
  if (parts.length !== 2)
    throw new Error(`${FILE} has the method changed ${parts.length - 1} times, the self-test wants it once`)
  writeFileSync(path, parts.join(`${PLACE}    ${statement}\n`) + declaration)
}

/** Cells whose hot path has the injected strategy: its own, and the suite that measures its rounds. */
export function isInjected(cell: string): boolean {
  return cell.startsWith(`threads/${INJECTED_STRATEGY}/`) || cell.includes(`${INJECTED_STRATEGY} round`)
}
