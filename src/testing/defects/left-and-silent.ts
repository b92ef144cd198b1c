import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import linux from '../../strategies/linux.js'
import { LINUX_PARTS, LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { plant, type Defect } from '../defect.js'
import { SPACE } from '../../strategies/shared/round.js'
import { LinuxRound } from '../../strategies/shared/linuxRound.js'

class Silent extends LinuxRound {
  protected override serveOne(cpu: Port, initiator: number): void {
    const space = cpu.load(this.requestOf(initiator) + SPACE)
    if (space !== KERNEL_SPACE && space !== this.slots.loaded(cpu)) return
    super.serveOne(cpu, initiator)
  }
}

export const defect: Defect = {
  name: 'left-and-silent',
  trap: '15',
  base: 'linux',
  breaks:
    'CPU 0 reads the holders with CPU 1, which then switches away and finds the request. It has nothing to flush, returns, and CPU 0 waits for ever.',
  expects: ['I8'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 20,
}

export default plant(
  linux,
  'does not acknowledge a request for a space that it has left',
  (host) => new LinuxStrategy(host, { ...LINUX_PARTS, Round: Silent }),
)
