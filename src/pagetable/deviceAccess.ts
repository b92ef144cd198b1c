import { COST_DEVICE_ACCESS, COST_DEVICE_MISS } from '../machine/costs.js'
import { COUNT_DEVICE_ACCESSES, COUNT_DEVICE_MISSES, COUNT_PASSED_OVER } from '../machine/counters.js'
import { HANDLE_FIRST, HANDLE_MAPPED } from '../machine/words.js'
import type { Context } from './context.js'
import { NOT_TRANSLATED, TRANSLATED, TRANSLATION_BUSY } from './device.js'
import { handleAt } from './handle.js'
import { LOCALS } from './position.js'
import { pop, RAN, RETRY, type Outcome } from './routine.js'

const HANDLE = LOCALS
const NEXT = LOCALS + 1
const END = LOCALS + 2

/**
 * Locals: handle, first page, end, both relative to the mapping. The device takes no lock and asks nobody: the mapping may go
 * between two pages, as it may under a real one.
 */
export function stepDeviceAccess(context: Context, at: number): Outcome {
  const { p, memory, device, witness, meter } = context
  if (p[at + NEXT] === p[at + END]) return pop(p, 0)
  const handle = handleAt(context, p[at + HANDLE])
  if (memory.load(handle + HANDLE_MAPPED) === 0) {
    witness.count(COUNT_PASSED_OVER, p[at + END] - p[at + NEXT])
    return pop(p, 0)
  }
  const outcome = device.translate(memory.load(handle + HANDLE_FIRST) + p[at + NEXT])
  if (outcome === TRANSLATION_BUSY) return RETRY
  p[at + NEXT]++
  if (outcome === NOT_TRANSLATED) {
    witness.count(COUNT_PASSED_OVER, 1)
    return RAN
  }
  witness.count(COUNT_DEVICE_ACCESSES, 1)
  meter.charge(COST_DEVICE_ACCESS, 1)
  if (outcome === TRANSLATED) return RAN
  witness.count(COUNT_DEVICE_MISSES, 1)
  meter.charge(COST_DEVICE_MISS, 1)
  return RAN
}
