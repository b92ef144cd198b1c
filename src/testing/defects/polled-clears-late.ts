import type { Port } from '../../contract/port.js'
import poll, { Poll, PolledRound } from '../../strategies/poll.js'
import { plant, type Defect } from '../defect.js'

class ClearsLate extends PolledRound {
  override look(cpu: Port): void {
    const row = this.row.base + cpu.id * this.row.stride
    for (let word = 0; word < this.words; word++) {
      const asking = cpu.load(row + word)
      if (asking === 0) continue
      for (let bits = asking; bits !== 0; bits &= bits - 1)
        this.serveOne(cpu, word * 32 + (31 - Math.clz32(bits & -bits)))
      cpu.store(row + word, 0)
    }
  }
}

export const defect: Defect = {
  name: 'polled-clears-late',
  trap: '15',
  base: 'poll',
  breaks:
    'CPU 1 looks at its row and serves CPU 0, which goes on and asks again; CPU 1 stores 0 over the new bit. It looks for ever and sees nothing, and CPU 0 waits for ever.',
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
  foundWithin: 500,
}

export default plant(
  poll,
  'a look clears the row after it has served it',
  (host) => new Poll(host, ClearsLate),
)
