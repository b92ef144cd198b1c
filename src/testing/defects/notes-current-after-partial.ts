import generations, { GenerationStrategy, GENERATION_PARTS } from '../bases/generations.js'
import { plant, type Defect } from '../defect.js'
import { GenerationRound } from '../bases/shared/generationRound.js'

class IgnoresCurrent extends GenerationRound {
  protected override mayBePartial(seen: number, generation: number): boolean {
    return generation === ((seen + 1) | 0)
  }
}

export const defect: Defect = {
  name: 'notes-current-after-partial',
  trap: '4',
  base: 'generations',
  breaks:
    'CPU 2 has seen 7 and serves generation 8 for X while the space is at 9 for Y. It flushes X and notes 9. The request for Y is then nothing new.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], ['advise'], []],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 80,
}

export default plant(
  generations,
  'looks at its own generation only before a partial flush',
  (host) => new GenerationStrategy(host, { ...GENERATION_PARTS, Round: IgnoresCurrent }),
)
