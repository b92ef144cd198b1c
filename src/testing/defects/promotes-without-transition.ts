import { DONE } from '../../contract/ticket.js'
import invlpgb, { Invlpgb } from '../../strategies/invlpgb.js'
import { plant, type Defect } from '../defect.js'

class NoTransition extends Invlpgb {
  protected override tellStragglers(): typeof DONE {
    return DONE
  }
}

export const defect: Defect = {
  name: 'promotes-without-transition',
  trap: '12',
  base: 'invlpgb',
  breaks:
    'CPU 0 flushes by interrupts and hands the space a global tag. CPU 1 caches the page under its own tag, which it goes on running. CPU 0 takes the page away and broadcasts under the global tag: CPU 1 keeps it.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise', 'touch'],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    frames: 2,
    parameters: { threshold: 1 },
  },
  foundWithin: 2000,
}

export default plant(
  invlpgb,
  'broadcasts under a global tag that not everybody runs, and interrupts nobody',
  (host) => new NoTransition(host),
)
