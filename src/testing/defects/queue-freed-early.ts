import type { Port } from '../../contract/port.js'
import opensbi, { OpensbiFifo } from '../../strategies/opensbi-fifo.js'
import { MergingFifos } from '../../strategies/shared/mergingFifos.js'
import { plant, type Defect } from '../defect.js'

class FreesEarly extends MergingFifos {
  protected override take(cpu: Port, queue: number, tail: number): void {
    this.free(cpu, queue, tail)
  }

  protected override carryOut(cpu: Port, queue: number, tail: number): void {
    this.read(cpu, queue, tail)
    super.carryOut(cpu, queue, tail)
  }
}

export const defect: Defect = {
  name: 'queue-freed-early',
  trap: '13',
  base: 'opensbi-fifo',
  breaks:
    'CPU 2 moves its tail on. CPU 1 puts its request into the slot that CPU 2 is about to read: the request of CPU 0 is lost.',
  expects: ['I1', 'I2', 'I6', 'I11', 'I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], ['advise'], []],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
    parameters: { slots: 1 },
  },
  foundWithin: 250,
}

export default plant(
  opensbi,
  'frees a slot before it has read it',
  (host) => new OpensbiFifo(host, FreesEarly),
)
