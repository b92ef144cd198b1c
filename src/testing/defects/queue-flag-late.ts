import type { Port } from '../../contract/port.js'
import linux from '../../strategies/linux.js'
import { LinuxRound } from '../../strategies/shared/linuxRound.js'
import { LINUX_PARTS, LinuxStrategy } from '../../strategies/shared/linuxStrategy.js'
import { plant, type Defect } from '../defect.js'

class FlagLast extends LinuxRound {
  override serve(cpu: Port): void {
    super.serve(cpu)
    cpu.store(this.flagOf(cpu.id), 0)
  }

  protected override emptyQueue(): void {}
}

export const defect: Defect = {
  name: 'queue-flag-late',
  trap: '15',
  base: 'linux',
  breaks:
    'CPU 1 serves CPU 0 and acknowledges. CPU 0 goes on to its next round, finds the queue of CPU 1 not empty and sends nothing. CPU 1 says that its queue is empty and leaves; CPU 0 waits for ever.',
  expects: ['I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 100,
}

export default plant(
  linux,
  'says that its queue is empty after it has served it',
  (host) => new LinuxStrategy(host, { ...LINUX_PARTS, Round: FlagLast }),
)
