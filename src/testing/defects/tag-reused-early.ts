import type { Port } from '../../contract/port.js'
import {
  WORDS_PER_LINE,
  type Placed,
  type StrategyHost,
  type StrategyModule,
} from '../../contract/strategy.js'
import arm64Tlbi from '../../strategies/arm64-tlbi.js'
import {
  TlbiStrategy,
  tlbiWords,
  type TlbiPrivates,
  type TlbiWords,
} from '../../strategies/shared/tlbiStrategy.js'
import type { Defect } from '../defect.js'

type Words = TlbiWords | 'owner'

class TagReusedEarly extends TlbiStrategy {
  /** Per tag: the space that it was handed to last, by whatever CPU. */
  readonly #owner: Placed

  constructor(host: StrategyHost<Words, TlbiPrivates>) {
    super(host)
    this.#owner = host.words.owner
  }

  /** Whoever hands the tag over flushes it, on its own CPU; everybody else takes it for flushed. */
  protected override isKept(cpu: Port, space: number, tag: number): boolean {
    return cpu.exchange(this.#owner.base + tag * this.#owner.stride, space) === space
  }
}

export const defect: Defect = {
  name: 'tag-reused-early',
  trap: '12',
  base: 'arm64-tlbi',
  breaks:
    "CPU 0 hands the tag of one space to another and flushes it on itself. CPU 1 loads the other space, finds that the tag is that space's, and keeps what it has of the first one.",
  expects: ['I7'],
  needs: {
    operations: ['switch'],
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    parameters: { tags: 1 },
  },
  foundWithin: 20,
}

export default {
  ...arm64Tlbi,
  summary: 'a planted defect: a tag goes to another space when one CPU has flushed it',
  source: 'none',
  words: (shape) => ({ ...tlbiWords(shape), owner: { count: shape.spaceCount, stride: WORDS_PER_LINE } }),
  create: (host) => new TagReusedEarly(host),
} satisfies StrategyModule<Words, TlbiPrivates>
