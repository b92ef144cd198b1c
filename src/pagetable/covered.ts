import { reachedSerial } from '../contract/change.js'
import type { Context } from './context.js'

/** Is the change settled for the obligations as far as anybody can tell now? The strategy's predicate, or the watermark. */
export function isCovered(
  context: Context,
  owner: number,
  serial: number,
  tag: number,
  space: number,
  obligations: number,
): boolean {
  const { strategy } = context
  if (strategy.covered !== undefined) {
    const isTrue = strategy.covered(context.port, owner, serial, tag, space, obligations)
    if (isTrue) context.witness.answered(owner, serial, obligations)
    return isTrue
  }
  const { watermark } = context.words
  return reachedSerial(context.memory.load(watermark.base + owner * watermark.stride), serial)
}
