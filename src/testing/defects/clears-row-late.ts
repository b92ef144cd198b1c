import type { Port } from '../../contract/port.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class ClearsLate extends Round {
  override serve(cpu: Port): void {
    const row = this.row.base + cpu.id * this.row.stride
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.load(row + word); bits !== 0; bits &= bits - 1)
        this.serveOne(cpu, word * 32 + (31 - Math.clz32(bits & -bits)))
      cpu.store(row + word, 0)
    }
  }
}

export const defect: Defect = {
  name: 'clears-row-late',
  trap: '15',
  base: 'immediate',
  breaks:
    'CPU 1 reads its row and serves CPU 0, which goes on and sets its bit again; CPU 1 stores 0 over it. The second interrupt finds nothing, and CPU 0 waits for ever.',
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
  foundWithin: 60,
}

export default plant(
  immediate,
  'the handler clears its row after it has served it',
  (host) => new Immediate(host, { ...ROUND_PARTS, Round: ClearsLate }),
)
