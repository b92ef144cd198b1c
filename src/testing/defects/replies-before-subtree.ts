import barrelfish, { Barrelfish } from '../../strategies/barrelfish.js'
import { MessageTree } from '../../strategies/shared/messageTree.js'
import { plant, type Defect } from '../defect.js'

class RepliesAlone extends MessageTree {
  protected override mayReply(): boolean {
    return true
  }
}

export const defect: Defect = {
  name: 'replies-before-subtree',
  trap: 'none: messages along a tree',
  base: 'barrelfish',
  breaks:
    'CPU 0 asks CPU 1, which sends the message on to CPU 2, flushes and replies; CPU 0 claims the change, and CPU 2 has not looked.',
  expects: ['I6', 'I1', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], []],
    cpus: 3,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    parameters: { fanout: 1 },
  },
  foundWithin: 100,
}

export default plant(
  barrelfish,
  'replies when it has flushed itself, whoever is below it',
  (host) => new Barrelfish(host, RepliesAlone),
)
