import type { Port } from '../../contract/port.js'
import lazy, { Lazy } from '../../strategies/lazy.js'
import { plant, type Defect } from '../defect.js'

class ComparesSerials extends Lazy {
  covered(cpu: Port, owner: number, serial: number): boolean {
    return cpu.settledUpTo(owner) >= serial
  }
}

export const defect: Defect = {
  name: 'compares-serials',
  trap: '22',
  base: 'lazy',
  breaks:
    'The last serial is 2147483647 and settled, the next one is -2147483648, which is less: the change of CPU 0 looks settled as soon as it is made, and the page is given away while CPU 1 still uses it.',
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
    serialStart: 2147483647,
  },
  foundWithin: 20,
}

export default plant(
  lazy,
  'compares serials by >= instead of by signed difference',
  (host) => new ComparesSerials(host),
)
