import { BroadcastStrategy } from '../bases/broadcasts.js'
import walkerBroadcasts from '../bases/walkerBroadcasts.js'
import { plant, type Defect } from '../defect.js'

export const defect: Defect = {
  name: 'frees-tables-by-broadcast',
  trap: 'Linux INVLPGB: page tables are freed by RCU where no interrupt holds walkers up',
  base: 'walkerBroadcasts',
  breaks:
    'CPU 0 walks in software and has a leaf table in hand. CPU 1 unmaps what is below, broadcasts, syncs, and gives the table another use: nothing has waited for the walk.',
  expects: ['I4'],
  needs: {
    operations: ['remap', 'populate', 'pin'],
    roles: [['pin'], ['remap', 'populate']],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
    frames: 3,
    freesTables: true,
  },
  foundWithin: 200,
}

export default plant(
  walkerBroadcasts,
  'broadcasts alone where page tables are freed',
  (host) => new BroadcastStrategy(host),
)
