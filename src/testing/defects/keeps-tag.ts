import type { Port } from '../../contract/port.js'
import generations, { GenerationStrategy } from '../bases/generations.js'
import { plant, type Defect } from '../defect.js'

class KeepsTag extends GenerationStrategy {
  protected override load(cpu: Port, space: number, generation: number): void {
    cpu.activate(space, space, true)
    this.generations.note(cpu, space, generation)
    this.generations.setLoaded(cpu, space)
  }
}

export const defect: Defect = {
  name: 'keeps-tag',
  trap: 'invariant I7',
  base: 'generations',
  breaks:
    'CPU 1 caches a page and leaves the space. CPU 0 takes the page away; CPU 1 is no holder. CPU 1 comes back and finds the page under the tag.',
  expects: ['I7', 'I6', 'I1', 'I2', 'I11'],
  needs: {
    operations: ['advise', 'switch'],
    roles: [['advise'], ['switch']],
    cpus: 2,
    pages: 1,
    operationCount: 2,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 100,
}

export default plant(generations, 'keeps what a tag holds without comparing', (host) => new KeepsTag(host))
