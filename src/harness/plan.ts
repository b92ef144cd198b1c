import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { UsageError } from '../contract/usageError.js'
import { type Cell, cellName } from './cells.js'
import type { EngineName, OracleMode } from './job.js'
import { asTyped, firstLine } from './quote.js'
import { shuffled } from './shuffled.js'

export interface PlannedJob {
  cell: Cell
  /** 0 is the verified one, outside timing statistics; 1.. are measured. */
  repetition: number
  oracle: OracleMode
}

/** Jobs of one engine, in the order in which they run and in which their rows are written. */
export interface Block {
  engine: EngineName
  jobs: PlannedJob[]
}

/** `sim` first: its cells fill all cores, which `threads` cells must have for themselves afterwards. */
const BLOCK_ORDER: readonly EngineName[] = ['sim', 'threads']

/**
 * All repetitions of all cells, shuffled inside each block: a machine that grows warm or busy during the run then
 * blurs every cell a little instead of favouring one strategy.
 */
export function planBlocks(
  cells: readonly Cell[],
  repetitions: Record<EngineName, number>,
  seed: number,
): Block[] {
  const random = xoroshiro128plus(seed)
  const blocks: Block[] = []
  for (const engine of BLOCK_ORDER) {
    const jobs: PlannedJob[] = []
    for (const cell of cells) {
      if (cell.engine !== engine || (cell.skipped ?? '') !== '') continue
      for (let repetition = 0; repetition <= repetitions[engine]; repetition++) {
        jobs.push({ cell, repetition, oracle: repetition === 0 ? 'full' : 'local' })
      }
    }
    if (jobs.length === 0) continue
    blocks.push({ engine, jobs: shuffled(jobs, (bound) => uniformInt(random, 0, bound - 1)) })
  }
  return blocks
}

/** The cells whose `engine/strategy/workload/cpus` the expression matches. */
export function filterCells(cells: readonly Cell[], filter: string | undefined): Cell[] {
  if (filter === undefined) return [...cells]
  const expression = cellExpression('--filter', filter)
  const kept = cells.filter((cell) => expression.test(cellName(cell)))
  if (kept.length > 0) return kept
  const names = cells.slice(0, 3).map(cellName).join(', ')
  throw new UsageError(
    `--filter ${asTyped(filter)}`,
    `it matches none of the ${cells.length} cells, such as ${names}`,
    [],
    'match engine/strategy/workload/cpus',
  )
}

/** @param option that it was typed for; matches against `engine/strategy/workload/cpus` */
export function cellExpression(option: string, text: string): RegExp {
  try {
    return new RegExp(text, 'v')
  } catch (error) {
    throw new UsageError(
      `${option} ${asTyped(text)}`,
      `not a regular expression: ${firstLine(error)}`,
      [],
      `for example ${option} 'sim/batched/.*/8$'`,
    )
  }
}
