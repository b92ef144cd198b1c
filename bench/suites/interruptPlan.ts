import type { CellPlan } from '../../src/engines/cellWords.js'
import { planOf } from './cell.js'

/** What the two workers can be told to do; all but `setup` are measured. */
export const KINDS = ['setup', 'raw', 'port', 'round', 'loop'] as const

export interface WorkerBirth {
  readonly id: number
  readonly cell: SharedArrayBuffer
  /** Words of the raw ping-pong and of the common start. */
  readonly raw: SharedArrayBuffer
}

export interface Order {
  readonly kind: number
  readonly rounds: number
  /** Orders so far, this one included. */
  readonly meeting: number
}

/** Two CPUs of one space; the second stands by. */
export function interruptPlan(): CellPlan {
  return planOf(
    (plan) => {
      const tape = plan.tape(0)
      tape.map(plan.handle(), 1)
      tape.body()
    },
    { cpus: 2, initiators: 1, readers: 0 },
  )
}
