import type { Port } from '../../contract/port.js'
import generations, { GenerationStrategy } from '../bases/generations.js'
import { plant, type Defect } from '../defect.js'

class WrappingGenerations extends GenerationStrategy {
  protected override load(cpu: Port, space: number, generation: number): void {
    const isKept = ((this.generations.seen(cpu, space) ^ generation) & 1) === 0
    cpu.activate(space, space, isKept)
    this.generations.note(cpu, space, generation)
    this.generations.setLoaded(cpu, space)
  }
}

export const defect: Defect = {
  name: 'generation-wraps',
  trap: '22',
  base: 'generations',
  breaks:
    'CPU 1 leaves the space. Two pages are taken away. CPU 1 comes back, finds the count that it knew, and keeps both.',
  expects: ['I7', 'I6', 'I1', 'I2'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 2,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 200,
}

export default plant(
  generations,
  'counts modulo 2 when it compares at a switch',
  (host) => new WrappingGenerations(host),
)
