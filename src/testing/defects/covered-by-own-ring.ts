import { reachedSerial } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import lazy, { Lazy } from '../../strategies/lazy.js'
import { plant, type Defect } from '../defect.js'

class OwnRing extends Lazy {
  covered(cpu: Port, owner: number, serial: number, tag: number): boolean {
    return reachedSerial(cpu.settledUpTo(owner), serial) || (owner !== cpu.id && !this.ring.isLive(cpu, tag))
  }
}

export const defect: Defect = {
  name: 'covered-by-own-ring',
  trap: 'Strategy.covered: the tag belongs to the owner',
  base: 'lazy',
  breaks:
    'CPU 1 asks about slot 0 of CPU 0. Its own slot 0 is gone or was never there, so the answer is yes, and the page is populated again.',
  expects: ['I1', 'I2', 'I11'],
  needs: {
    operations: ['advise', 'touch'],
    roles: [['advise'], ['touch']],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    parameters: { ring: 1 },
  },
  foundWithin: 20,
}

export default plant(lazy, 'looks for the slot of another CPU in its own ring', (host) => new OwnRing(host))
