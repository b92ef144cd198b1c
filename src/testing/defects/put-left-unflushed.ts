import mermap, { Mermap } from '../../strategies/mermap.js'
import { plant, type Defect } from '../defect.js'

class NothingHere extends Mermap {
  protected override flushPut(): void {}
}

export const defect: Defect = {
  name: 'put-left-unflushed',
  trap: 'mm/mermap.c: what was put is flushed before its address is dealt out again',
  base: 'mermap',
  breaks:
    'CPU 0 reads through its window, puts the page and gets another one at the same address: it still reads the first.',
  expects: ['I2', 'I11'],
  needs: {
    operations: ['window'],
    roles: [['window'], []],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
  },
  foundWithin: 20,
}

export default plant(
  mermap,
  'rewinds its window and says that the addresses are flushed',
  (host) => new NothingHere(host),
)
