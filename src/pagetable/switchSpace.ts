import { KERNEL_SPACE } from '../contract/page.js'
import { COST_SWITCH_SPACE } from '../machine/costs.js'
import { SPACE_IS_TORN, SPACE_USERS } from '../machine/words.js'
import type { Context } from './context.js'
import { LOCALS, PHASE, SPACE } from './position.js'
import { pop, RETRY, waitFor, type Outcome } from './routine.js'

/** The count of CPUs that have the space loaded, idle ones and those on their way in or out included. */
export function usersWord({ words }: Context, space: number): number {
  return words.spaces.base + space * words.spaces.stride + SPACE_USERS
}

/** Local: the space to run. What is cached, published and activated on the way is the strategy's business. */
export function stepSwitch(context: Context, at: number): Outcome {
  const { p, strategy, port } = context
  const to = p[at + LOCALS]
  if (p[at + PHASE] === 1) {
    if (p[SPACE] !== KERNEL_SPACE) context.memory.add(usersWord(context, p[SPACE]), -1)
    p[SPACE] = to
    return pop(p, 0)
  }
  if (!enter(context, to)) return RETRY
  context.meter.charge(COST_SWITCH_SPACE, 1)
  if (strategy.switching !== undefined) strategy.switching(port, p[SPACE], to)
  return waitFor(p, strategy.switched(port, to), 1)
}

/** False: the space is being torn down, and begins anew when that is over. */
function enter(context: Context, space: number): boolean {
  const { memory } = context
  const word = usersWord(context, space)
  const users = memory.load(word)
  return users !== SPACE_IS_TORN && memory.compareExchange(word, users, users + 1) === users
}
