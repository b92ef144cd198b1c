import { COST_SWITCH_SPACE } from '../machine/costs.js'
import type { Context } from './context.js'
import { LOCALS, PHASE, SPACE } from './position.js'
import { pop, waitFor, type Outcome } from './routine.js'

/** Local: the space to run. What is cached, published and activated on the way is the strategy's business. */
export function stepSwitch(context: Context, at: number): Outcome {
  const { p, strategy, port } = context
  const to = p[at + LOCALS]
  if (p[at + PHASE] === 1) {
    p[SPACE] = to
    return pop(p, 0)
  }
  context.meter.charge(COST_SWITCH_SPACE, 1)
  if (strategy.switching !== undefined) strategy.switching(port, p[SPACE], to)
  return waitFor(p, strategy.switched(port, to), 1)
}
