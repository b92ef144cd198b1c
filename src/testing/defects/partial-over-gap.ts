import generations, { GenerationStrategy, GENERATION_PARTS } from '../bases/generations.js'
import { plant, type Defect } from '../defect.js'
import { GenerationRound } from '../bases/shared/generationRound.js'

class AlwaysPartial extends GenerationRound {
  protected override mayBePartial(): boolean {
    return true
  }
}

export const defect: Defect = {
  name: 'partial-over-gap',
  trap: '4',
  base: 'generations',
  breaks:
    'CPU 0 makes generation 8 for page X. CPU 1 makes 9 for Y, flushes Y and notes 9; the request for X is then nothing new, and it acknowledges.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    cpus: 2,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 140,
}

export default plant(
  generations,
  'a partial flush over a gap of generations',
  (host) => new GenerationStrategy(host, { ...GENERATION_PARTS, Round: AlwaysPartial }),
)
