import { INSTRUCTION_WORDS, ROLE_INITIATOR, TAPE_MAP, TAPE_UNMAP, type Tape } from '../contract/tape.js'
import { MOST_ASKED } from '../pagetable/position.js'
import type { CellPlan } from './cellWords.js'

/** Batches that a CPU's free list keeps at most when an operation ends (`HIGH_BATCHES` of frameSupply.ts), and the one it fills. */
const KEPT_BATCHES = 7

/**
 * The plan on a machine whose pool is nearly empty: as many frames as the tapes map at one time, what
 * free lists keep to themselves, and the spare ones. Lists keep batches of a whole operation at most;
 * with the profile's own batches they would keep more than all tapes use.
 */
export function underFramePressure(plan: CellPlan): CellPlan {
  const pressure = plan.faults?.faults['frame-pressure']
  if (pressure === undefined) return plan
  const { tapes, profile } = plan
  const batch = Math.min(profile.memory.listBatch.value, tapes.maxOperationPages)
  const initiators = tapes.tapes.filter((tape) => tape.role === ROLE_INITIATOR).length
  const mapped = tapes.tapes.reduce((sum, tape) => sum + mostMapped(tape), 0)
  // The list of a CPU that frees nothing holds one refill or one claim.
  const innocents = (tapes.tapes.length - initiators) * Math.max(batch, MOST_ASKED)
  const kept = initiators * KEPT_BATCHES * batch + innocents
  const source = 'fault frame-pressure'
  const memory = {
    ...profile.memory,
    frames: { value: Math.min(profile.memory.frames.value, mapped + kept + pressure['spare']), source },
    listBatch: { value: batch, source },
  }
  return { ...plan, profile: { ...profile, memory } }
}

/** Pages that a tape has mapped at one time at most. A loop maps what it unmaps, so one look at each instruction is enough. */
function mostMapped(tape: Tape): number {
  const pagesOf = new Map<number, number>()
  let now = 0
  let most = 0
  for (let at = 0; at < tape.instructions.length; at += INSTRUCTION_WORDS) {
    const [word, handle, pages] = tape.instructions.subarray(at, at + 3)
    if ((word & 0xff) === TAPE_MAP) {
      pagesOf.set(handle, pages)
      now += pages
      most = Math.max(most, now)
    } else if ((word & 0xff) === TAPE_UNMAP) {
      now -= pagesOf.get(handle) ?? 0
      pagesOf.delete(handle)
    }
  }
  return most
}
