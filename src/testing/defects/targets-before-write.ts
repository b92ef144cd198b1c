import type { Change } from '../../contract/change.js'
import type { Port } from '../../contract/port.js'
import { type Ticket, DONE } from '../../contract/ticket.js'
import immediate, { Immediate } from '../../strategies/immediate.js'
import { Round } from '../../strategies/shared/round.js'
import { ROUND_PARTS } from '../../strategies/shared/roundStrategy.js'
import { plant, type Defect } from '../defect.js'

class SampledRound extends Round {
  sample(cpu: Port, space: number): void {
    super.findTargets(cpu, space)
  }

  protected override findTargets(cpu: Port): number {
    let count = 0
    for (let target = 0; target < cpu.count; target++)
      if ((cpu.get(this.targets + (target >>> 5)) & (1 << (target & 31))) !== 0) count++
    return count
  }
}

class TargetsBeforeWrite extends Immediate {
  changing(cpu: Port, change: Change): Ticket {
    ;(this.round as SampledRound).sample(cpu, change.space)
    return DONE
  }
}

export const defect: Defect = {
  name: 'targets-before-write',
  trap: 'Linux mm/tlb: the mask is read after the entry is written',
  base: 'immediate',
  breaks:
    'CPU 0 reads the holders without CPU 1. CPU 1 switches in and caches the entry. CPU 0 writes the entry and tells nobody.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 90,
}

export default plant(
  immediate,
  'reads the holders before the entry is written',
  (host) => new TargetsBeforeWrite(host, { ...ROUND_PARTS, Round: SampledRound }),
)
