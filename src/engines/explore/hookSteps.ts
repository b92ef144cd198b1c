import { ACT_ENTER, ACT_LEAVE, ACT_POLL } from './actions.js'
import type { ExploreCpu } from './exploreCpu.js'
import { KIND_ENTER, KIND_LEAVE, KIND_POLL } from './exploreWords.js'

/** Steps that a CPU can take at any time between others, and that are one hook each. */
export const HOOK_KINDS: Readonly<Record<number, number>> = {
  [ACT_POLL]: KIND_POLL,
  [ACT_ENTER]: KIND_ENTER,
  [ACT_LEAVE]: KIND_LEAVE,
}

export function runHook({ kernel, strategy, port }: ExploreCpu, kind: number): void {
  if (kind === KIND_POLL) strategy.polled?.(port)
  else if (kind === KIND_ENTER) kernel.enter()
  else kernel.leave()
}
