import type { Port } from '../contract/port.js'
import type { StrategyHost, StrategyModule } from '../contract/strategy.js'
import { holderBlock } from './shared/holders.js'
import { CEILING, GATHER_LIMIT } from './shared/linuxParameters.js'
import { MessageTree } from './shared/messageTree.js'
import {
  PER_OPERATION_PARTS,
  PerOperation,
  perOperationPrivates,
  type PerOperationPrivates,
} from './shared/perOperation.js'
import { POLL_NS } from './shared/pollNs.js'
import type { RoundWords } from './shared/roundStrategy.js'

type Privates = PerOperationPrivates | 'nodes'

export class Barrelfish extends PerOperation {
  constructor(host: StrategyHost<RoundWords, Privates>, Kind: typeof MessageTree = MessageTree) {
    super(host, { ...PER_OPERATION_PARTS, Round: Kind })
    const tree = this.round as MessageTree
    tree.nodes = host.privates.nodes
    tree.fanout = host.parameters['fanout']
  }

  polled(cpu: Port): void {
    this.round.serve(cpu)
  }
}

/**
 * Shootdown by messages, as between the monitors of a multikernel: cores share nothing but channels of cache lines, and look at these
 * instead of being interrupted. The one that unmaps asks, along a multicast tree, every core that may hold the
 * space; the answers come back up the tree, and when the last one is there the change is agreed. After Baumann et
 * al., "The Multikernel" (SOSP 2009). The paper's numbers were not seen, and this page is written from a short description of
 * it; what is said of its tree below is from memory, unverified.
 *
 * ## State
 *
 * For each CPU a request: the range, and a bit for each target. For each pair of a CPU and one that may ask it (the root) a channel of two
 * lines: a message downwards (the number of the root's round, how many targets are below) and a reply. In private words of each CPU, for each
 * root: the number that it has served, and which of its children have not replied. The CPUs that may hold each space; the gathered
 * range.
 *
 * ## Who does what
 *
 * - Initiator: gathers as `batched`. At the end of the outermost operation it writes its request, cuts the targets, in the order of
 *   their numbers, into at most `fanout` parts and sends the first of each a message; it flushes and waits for the replies.
 * - Responder: in a look that finds a message it does the same with the targets below it, then flushes. It replies when all whom it has
 *   asked have replied, at once if there are none; until then each look takes this further. It waits for nobody.
 * - Idle: polls like everybody. Switch: as `immediate`.
 *
 * ## Why it is safe
 *
 * A reply says that a CPU and all below it have flushed, for it is written after its flush and after their replies. Replied
 * to after its own flush alone, the root would free a frame that a CPU further down still reaches. A
 * root has one round at a time, and its next one begins after every reply, so a line is never written over before it is
 * read; the number in it, written last, says that the line is complete.
 *
 * ## Counts
 *
 * For an operation on p pages of a space that h other CPUs hold, in a range of r pages: h messages down and h replies, whatever
 * the tree (2 (N - 1) for a kernel mapping on N CPUs); no interrupt, no flush round (that column counts calls that interrupt);
 * r * (h + 1) invalidations where r <= `ceiling`, else h + 1 full flushes. The longest path has h messages for `fanout=1`, a
 * chain, and 1 for `fanout` >= h, one by one from the root.
 *
 * ## What differs from the source
 *
 * The source's tree follows the sockets: one message to each, and from there to its cores. Strategies do not see the topology, so
 * the tree follows the numbers of the CPUs, which profiles give out socket by socket. The range and the names of the targets are
 * read where the root has written them, and not carried by each message. The source sends to a process, the
 * monitor, on each core, has channels of several messages, and lets a receiver block after it has polled for a while: all of that
 * is left out. Its two-phase commit, for changes of ownership that a core may refuse, is not needed for
 * unmapping, which nobody can refuse: asking and answering are the two phases here.
 */
export default {
  summary: 'messages along a tree of CPUs that poll, and replies back up; no interrupt',
  source: 'Baumann et al., The Multikernel (SOSP 2009), its unmap; numbers not seen',
  parameters: {
    fanout: {
      default: 8,
      min: 1,
      max: 1024,
      unit: 'CPUs',
      summary: 'messages that one CPU sends at most',
      source: 'a proposal: two levels for 64 CPUs; the tree of the source follows the sockets',
    },
    ceiling: CEILING,
    gatherLimit: GATHER_LIMIT,
    pollNs: POLL_NS,
  },
  contract: () => 'return',
  assumes: ({ pollNs }) => ({ timeless: true, pollNs }),
  words: (shape) => ({
    holders: holderBlock(shape),
    request: MessageTree.requestBlock(shape),
    row: MessageTree.channelBlock(shape),
  }),
  privateWords: (shape, parameters) => ({
    ...perOperationPrivates(shape),
    nodes: MessageTree.nodeWords(shape, parameters['fanout']),
  }),
  create: (host) => new Barrelfish(host),
} satisfies StrategyModule<RoundWords, Privates>
