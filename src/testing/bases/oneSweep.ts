import { reachedSerial } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import lazy, { Lazy, LAZY_PARTS } from '../../strategies/lazy.js'
import { EPOCH, SweptRing } from '../../strategies/shared/sweptRing.js'

/**
 * As lazy, with the second sweep left out: LATR waits for two, and the epochs alone need one. Sweeps
 * counted for the epoch that a slot has noted may have begun before it was published; those of the
 * next epoch have not. What lazy's spare sweep hides in a faulty ring shows here.
 */
export class OneSweepRing extends SweptRing {
  protected override isSwept(cpu: Port, at: number, epoch: number): boolean {
    return reachedSerial(epoch, (cpu.load(at + EPOCH) + 2) | 0)
  }
}

export default {
  ...lazy,
  summary: 'lazy, with slots that are free when every CPU has looked once',
  create: (host) => new Lazy(host, { ...LAZY_PARTS, SweptRing: OneSweepRing }),
} satisfies typeof lazy
