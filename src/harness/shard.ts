/** `--shard I/N`: one of N parts of a matrix, for N jobs that measure it together. */
import { workloadParams } from '../records/params.js'
import type { Cell } from './cells.js'

export interface Shard {
  /** 1 to `count`. */
  index: number
  count: number
}

export function shardText({ index, count }: Shard): string {
  return `${index}/${count}`
}

/**
 * The cells of one shard, in the order of the matrix. All strategies of one piece of work (engine, workload with its
 * parameters, CPUs) go to one shard: they are compared with each other, and on real threads only what one machine has
 * measured compares. The pieces are dealt out in turn: neighbours in the matrix have the same CPU count and take about
 * as long, so every shard gets a part of the long ones.
 */
export function cellsOfShard(cells: readonly Cell[], { index, count }: Shard): Cell[] {
  const pieces = new Map<string, number>()
  return cells.filter((cell) => {
    const key = pieceKey(cell)
    const number = pieces.get(key) ?? pieces.size
    pieces.set(key, number)
    return number % count === index - 1
  })
}

function pieceKey(cell: Cell): string {
  return JSON.stringify([cell.engine, cell.workload.name, workloadParams(cell.params), cell.cpus])
}
