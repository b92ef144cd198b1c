import type { Port } from '../../contract/port.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class ServesOne extends Round {
  override serve(cpu: Port): void {
    const row = this.row.base + cpu.id * this.row.stride
    for (let word = 0; word < this.words; word++) {
      const bits = cpu.exchange(row + word, 0)
      if (bits !== 0) this.serveOne(cpu, word * 32 + (31 - Math.clz32(bits & -bits)))
    }
  }
}

export const defect: Defect = {
  name: 'serves-one',
  trap: '15',
  base: 'immediate',
  breaks:
    'CPU 0 and CPU 1 ask CPU 2, whose interrupts coalesce. One of them is never acknowledged and waits for ever.',
  expects: ['I8'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], ['advise'], []],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 30,
}

export default plant(
  immediate,
  'the handler takes all bits and serves one',
  (host) => new Immediate(host, { ...ROUND_PARTS, Round: ServesOne }),
)
