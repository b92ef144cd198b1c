import { stepBatchBegin, stepBatchEnd } from './batch.js'
import type { Context } from './context.js'
import { stepDemand } from './demand.js'
import { stepDeviceAccess } from './deviceAccess.js'
import { stepUnmapStrictly } from './deviceMapping.js'
import { stepDispose } from './dispose.js'
import { stepDrain } from './drain.js'
import { stepGet, stepPut } from './ephemeral.js'
import { stepFault } from './fault.js'
import { stepMap, stepUnmap } from './mapping.js'
import { stepPinPages } from './pinPages.js'
import { stepRange } from './rangeOperation.js'
import {
  ROUTINE_BATCH_BEGIN,
  ROUTINE_BATCH_END,
  ROUTINE_DEMAND,
  ROUTINE_DEVICE_ACCESS,
  ROUTINE_DISPOSE,
  ROUTINE_DRAIN,
  ROUTINE_FAULT,
  ROUTINE_GET,
  ROUTINE_MAP,
  ROUTINE_PIN_PAGES,
  ROUTINE_PUT,
  ROUTINE_RANGE,
  ROUTINE_SWITCH,
  ROUTINE_TAKE_FRAME,
  ROUTINE_TEARDOWN,
  ROUTINE_UNMAP,
  ROUTINE_UNMAP_STRICTLY,
  type Outcome,
} from './routine.js'
import { stepSwitch } from './switchSpace.js'
import { stepTakeFrame } from './takeFrame.js'
import { stepTeardown } from './teardown.js'

/** One step of a routine of the kernel side, by the routine's number. @param at its frame on the stack */
export function stepRoutine(context: Context, routine: number, at: number): Outcome {
  switch (routine) {
    case ROUTINE_RANGE:
      return stepRange(context, at)
    case ROUTINE_DEMAND:
      return stepDemand(context, at)
    case ROUTINE_TAKE_FRAME:
      return stepTakeFrame(context, at)
    case ROUTINE_FAULT:
      return stepFault(context, at)
    case ROUTINE_MAP:
      return stepMap(context, at)
    case ROUTINE_UNMAP:
      return stepUnmap(context, at)
    case ROUTINE_DISPOSE:
      return stepDispose(context, at)
    case ROUTINE_BATCH_BEGIN:
      return stepBatchBegin(context, at)
    case ROUTINE_BATCH_END:
      return stepBatchEnd(context, at)
    case ROUTINE_DRAIN:
      return stepDrain(context, at)
    case ROUTINE_PIN_PAGES:
      return stepPinPages(context, at)
    case ROUTINE_UNMAP_STRICTLY:
      return stepUnmapStrictly(context, at)
    case ROUTINE_DEVICE_ACCESS:
      return stepDeviceAccess(context, at)
    case ROUTINE_GET:
      return stepGet(context, at)
    case ROUTINE_PUT:
      return stepPut(context, at)
    case ROUTINE_SWITCH:
      return stepSwitch(context, at)
    case ROUTINE_TEARDOWN:
      return stepTeardown(context, at)
    default:
      throw new Error(`unknown kernel routine ${routine}`)
  }
}
