import type { Context } from './context.js'

/** The first word of a mapping's record. */
export function handleAt(context: Context, handle: number): number {
  return context.words.handles.base + handle * context.words.handles.stride
}
