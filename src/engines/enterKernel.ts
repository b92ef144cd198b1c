import { OPERATION_ADVISE_AWAY, OPERATION_PROTECT, OPERATION_WRITE_OUT } from '../contract/operation.js'
import {
  TAPE_ADVISE_AWAY,
  TAPE_BATCH_BEGIN,
  TAPE_BATCH_END,
  TAPE_DEVICE_ACCESS,
  TAPE_GET,
  TAPE_MAP,
  TAPE_PIN,
  TAPE_PROTECT,
  TAPE_PUT,
  TAPE_SWITCH,
  TAPE_TEARDOWN,
  TAPE_UNMAP,
  TAPE_WRITE_OUT,
} from '../contract/tape.js'
import type { Kernel } from '../pagetable/kernel.js'

/**
 * Begins what an instruction asks the kernel for; its steps follow.
 * @returns false: the instruction asks for nothing of the kernel's
 */
export function enterKernel(kernel: Kernel, word: number, a: number, b: number, c: number): boolean {
  switch (word & 0xff) {
    case TAPE_MAP:
      kernel.map(a, b, c)
      return true
    case TAPE_UNMAP:
      kernel.unmap(a)
      return true
    case TAPE_GET:
      kernel.get(a, b, c)
      return true
    case TAPE_PUT:
      kernel.put(a)
      return true
    case TAPE_PROTECT:
      kernel.change(OPERATION_PROTECT, a, b, c, word >>> 8)
      return true
    case TAPE_ADVISE_AWAY:
      kernel.change(OPERATION_ADVISE_AWAY, a, b, c, 0)
      return true
    case TAPE_WRITE_OUT:
      kernel.change(OPERATION_WRITE_OUT, a, b, c, 0)
      return true
    case TAPE_BATCH_BEGIN:
      kernel.beginBatch()
      return true
    case TAPE_BATCH_END:
      kernel.endBatch()
      return true
    case TAPE_PIN:
      kernel.pin(a, b, c)
      return true
    case TAPE_DEVICE_ACCESS:
      kernel.accessDevice(a, b, c)
      return true
    case TAPE_SWITCH:
      kernel.switchTo(a)
      return true
    case TAPE_TEARDOWN:
      kernel.tearDown(a)
      return true
    default:
      return false
  }
}
