import { SPACE_BEGAN, SPACE_OPEN } from '../machine/words.js'
import { arenaAt, heldAddressMark, reapAddresses } from './addresses.js'
import type { Context } from './context.js'
import { heldListOf, reapFrames } from './frameSupply.js'
import { noteSerials } from './serials.js'
import { reapTables } from './tableSupply.js'
import {
  ADDRESS_MARK,
  BEGAN_AT,
  CROWDED,
  HELD_LISTED,
  HELD_OPEN,
  LOG_COUNT,
  OUTER_SPACE,
} from './position.js'

/** In the place of a space: the operation is not counted. */
export const NO_SPACE = -1

/**
 * The bracket of an outermost operation. Two counters per space tell whether another operation was
 * open meanwhile: how many are open (Linux `mm->tlb_flush_pending`), and how many were ever begun,
 * which also sees one that began and ended inside this one.
 */
export function beginOutermost(context: Context, space: number): void {
  const { p, memory, words, frames } = context
  reapFrames(context)
  reapTables(context)
  reapAddresses(context)
  p[LOG_COUNT] = 0
  noteSerials(context)
  p[HELD_OPEN] = 0
  p[HELD_LISTED] = frames.count(heldListOf(context, context.cpu))
  p[OUTER_SPACE] = space
  for (let index = 0; index < words.arenaKinds; index++)
    p[ADDRESS_MARK + index] = heldAddressMark(context, arenaAt(context, index))
  p[CROWDED] = 0
  if (space === NO_SPACE) return
  const at = words.spaces.base + space * words.spaces.stride
  p[CROWDED] = memory.add(at + SPACE_OPEN, 1) > 0 ? 1 : 0
  p[BEGAN_AT] = (memory.add(at + SPACE_BEGAN, 1) + 1) | 0
}

/** Before `finished`: did another one begin? */
export function noteCrowd(context: Context): void {
  const { p, memory, words } = context
  if (p[OUTER_SPACE] === NO_SPACE) return
  const began = memory.load(words.spaces.base + p[OUTER_SPACE] * words.spaces.stride + SPACE_BEGAN)
  if (began !== p[BEGAN_AT]) p[CROWDED] = 1
}

export function endOutermost(context: Context): void {
  const { p, memory, words } = context
  if (p[OUTER_SPACE] === NO_SPACE) return
  memory.add(words.spaces.base + p[OUTER_SPACE] * words.spaces.stride + SPACE_OPEN, -1)
}
