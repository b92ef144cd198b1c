import type { Port } from '../../contract/port.js'
import zircon, { PendingItems, ZirconPending } from '../../strategies/zircon-pending.js'
import { plant, type Defect } from '../defect.js'

class ComparesOnly extends PendingItems {
  protected override concerns(cpu: Port): boolean {
    return this.taken.space(cpu) === cpu.get(this.running)
  }
}

export const defect: Defect = {
  name: 'skips-kernel-items',
  trap: 'Zircon TlbInvalidatePage_task: `contains_global`',
  base: 'zircon-pending',
  breaks:
    'A page is taken out of the direct map. CPU 1 runs a user space and not the kernel’s, so it leaves the item out, and reaches the page when it is exposed.',
  expects: ['I3', 'I11'],
  needs: {
    operations: ['touch', 'advise'],
    roles: [['touch'], ['advise']],
    isGuest: true,
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 30,
}

export default plant(
  zircon,
  'skips what is not of the space that it runs',
  (host) => new ZirconPending(host, ComparesOnly),
)
