import type { CellOptions } from './cell.js'
import { HOOK_CELLS } from './hookCells.js'
import type { LiveCells } from './liveCells.js'
import type { Rule } from './rewrite.js'
import type { Side, Target } from './suite.js'

/** A way in which a cell can be run: with hooks on, off, or taken out. */
export interface Variant {
  readonly name: string
  readonly options: Partial<CellOptions>
  readonly without?: Rule
  /** The variant that it is held against. */
  readonly against?: string
  readonly target?: Target
}

/** A side for each variant of a hit and of an unmap. */
export async function sidesOf(cells: LiveCells, variants: readonly Variant[]): Promise<Side[]> {
  const sides: Side[] = []
  for (const cell of HOOK_CELLS) {
    for (const { name, options, without, against, target } of variants) {
      sides.push({
        name: `${cell.name}, ${name}`,
        operation: cell.operation,
        ...(against !== undefined && { against: `${cell.name}, ${against}` }),
        ...(target !== undefined && { target }),
        isAsync: true,
        sample: await cell.start(cells, options, without),
      })
    }
  }
  return sides
}
