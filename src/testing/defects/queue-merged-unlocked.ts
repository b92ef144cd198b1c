import type { Port } from '../../contract/port.js'
import opensbi, { OpensbiFifo } from '../../strategies/opensbi-fifo.js'
import { MergingFifos } from '../../strategies/shared/mergingFifos.js'
import { plant, type Defect } from '../defect.js'

class MergesUnlocked extends MergingFifos {
  protected override put(cpu: Port, target: number): boolean {
    return this.merge(cpu, this.queueOf(target)) || super.put(cpu, target)
  }
}

export const defect: Defect = {
  name: 'queue-merged-unlocked',
  trap: 'OpenSBI sbi_fifo_inplace_update, which holds the lock of the queue',
  base: 'opensbi-fifo',
  breaks:
    'CPU 1 finds the request of CPU 0 in the queue of CPU 2, which takes it out and reads who sent it. Then CPU 1 adds its name to what nobody will read again, and waits for ever.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], ['advise'], []],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
    // Ranges of one page are never merged: here each is the whole space.
    parameters: { slots: 1, ceiling: 0 },
  },
  foundWithin: 600,
}

export default plant(
  opensbi,
  'merges into a waiting request without the lock',
  (host) => new OpensbiFifo(host, MergesUnlocked),
)
