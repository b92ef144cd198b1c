import { VA_REUSE } from '../../contract/obligation.js'
import type { Port } from '../../contract/port.js'
import xen, { XenTimestamp } from '../../strategies/xen-timestamp.js'
import { plant, type Defect } from '../defect.js'

class AddressFirst extends XenTimestamp {
  override covered(
    cpu: Port,
    owner: number,
    serial: number,
    tag: number,
    space: number,
    obligations: number,
  ): boolean {
    return obligations === VA_REUSE || super.covered(cpu, owner, serial, tag, space, obligations)
  }
}

export const defect: Defect = {
  name: 'address-before-purge',
  trap: '8',
  base: 'xen-timestamp',
  breaks:
    'CPU 1 caches a page, CPU 0 takes it away and touches the address again. CPU 0 reads the new page, CPU 1 the old one.',
  expects: ['I2', 'I11'],
  needs: {
    operations: ['advise', 'touch'],
    roles: [['advise', 'touch'], []],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 20,
}

export default plant(
  xen,
  'says that an address may be populated again at once',
  (host) => new AddressFirst(host),
)
