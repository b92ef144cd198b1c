import { reachedSerial } from '../../contract/change.js'
import { IO } from '../../contract/obligation.js'
import type { Port } from '../../contract/port.js'
import lazy, { Lazy } from '../../strategies/lazy.js'
import { plant, type Defect } from '../defect.js'

class WriteOutFirst extends Lazy {
  covered(
    cpu: Port,
    owner: number,
    serial: number,
    _tag: number,
    _space: number,
    obligations: number,
  ): boolean {
    return (obligations & IO) !== 0 || reachedSerial(cpu.settledUpTo(owner), serial)
  }
}

export const defect: Defect = {
  name: 'write-out-first',
  trap: '10',
  base: 'lazy',
  breaks:
    'CPU 1 caches a dirty, writable page. CPU 0 unmaps it and starts the write-out. CPU 1 stores to it, and the store is lost.',
  expects: ['I5'],
  needs: {
    operations: ['touch', 'writeOut'],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
    awaits: 'an operation whose changes owe IO',
  },
}

export default plant(lazy, 'says that a change is covered for write-out', (host) => new WriteOutFirst(host))
