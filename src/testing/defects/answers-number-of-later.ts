import type { Port } from '../../contract/port.js'
import asterinas, { AsterinasOps, QueuedOps } from '../../strategies/asterinas-ops.js'
import { plant, type Defect } from '../defect.js'

class AnswersLater extends QueuedOps {
  override tryToServe(cpu: Port): boolean {
    const queue = this.queueOf(cpu.id)
    if (!this.tryToTake(cpu, queue)) return false
    this.unlock(cpu, queue)
    const number = this.lastNumber(cpu, queue)
    this.taken.flush(cpu)
    this.answer(cpu, number)
    return true
  }
}

export const defect: Defect = {
  name: 'answers-number-of-later',
  trap: 'Asterinas do_remote_flush: the answer is given before the lock is dropped',
  base: 'asterinas-ops',
  breaks:
    'CPU 2 has taken the list of CPU 0 and unlocked its queue. CPU 1 puts its own in, and is answered with CPU 0 by the number that CPU 2 reads only then.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], ['advise'], []],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 50_000,
}

export default plant(
  asterinas,
  'reads which lists it answers after it has unlocked the queue',
  (host) => new AsterinasOps(host, AnswersLater),
)
