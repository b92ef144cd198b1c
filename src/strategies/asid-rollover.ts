import type { Port } from '../contract/port.js'
import type { MachineShape, StrategyHost, StrategyModule } from '../contract/strategy.js'
import type { Parameters } from '../contract/parameter.js'
import { AGAIN, DONE, type Ticket } from '../contract/ticket.js'
import { generationBlocks, NO_TAG, TagGenerations, type GenerationBlocks } from './shared/tagGenerations.js'
import {
  RANGE_OPERATIONS,
  TAGS,
  TLBI_CEILING,
  tlbiPrivates,
  TlbiStrategy,
  tlbiWords,
  type TlbiPrivates,
  type TlbiWords,
} from './shared/tlbiStrategy.js'

type Words = TlbiWords | GenerationBlocks
type Privates = TlbiPrivates | 'switchingTo' | 'retiring'

/** Nothing waits for the lock. */
const NOWHERE = 0

/** Linux refuses to run with fewer: all CPUs may have one reserved, and the next space needs another. */
function tagCountOf({ cpuCount }: MachineShape, parameters: Parameters): number {
  return Math.max(parameters['tags'], cpuCount + 1)
}

export class AsidRollover extends TlbiStrategy {
  readonly #generations: TagGenerations
  /** Private word: the space that waits to be loaded, for want of the lock. */
  readonly #switchingTo: number
  /** Private word: the space whose tag waits to be retired. */
  readonly #retiring: number

  constructor(host: StrategyHost<Words, Privates>, Kind: typeof TagGenerations = TagGenerations) {
    super(host)
    const { words, shape, parameters, privates } = host
    this.#generations = new Kind(words, shape, tagCountOf(shape, parameters), parameters['generations'])
    this.#switchingTo = privates.switchingTo
    this.#retiring = privates.retiring
  }

  /** Read after the entries were written. A space that has never run has no tag, and nobody has anything of it. */
  protected override tagOf(cpu: Port, space: number): number {
    return this.#generations.tagOf(cpu, space)
  }

  override switched(cpu: Port, to: number): Ticket {
    const tag = this.#generations.takeQuickly(cpu, to)
    if (tag === NO_TAG) return this.#switchLocked(cpu, to)
    cpu.activate(to, tag, true)
    return DONE
  }

  #switchLocked(cpu: Port, to: number): Ticket {
    const generations = this.#generations
    if (!generations.tryLock(cpu)) {
      cpu.set(this.#switchingTo, to)
      return AGAIN
    }
    cpu.set(this.#switchingTo, NOWHERE)
    const tag = generations.take(cpu, to)
    if (generations.takePending(cpu)) cpu.invalidateAll()
    generations.unlock(cpu)
    cpu.activate(to, tag, true)
    return DONE
  }

  /** Free of charge, and of broadcasts: the tag is not used again before a rollover, and then after a flush. */
  override retired(cpu: Port, space: number): Ticket {
    const generations = this.#generations
    if (!generations.tryLock(cpu)) {
      cpu.set(this.#retiring, space)
      return AGAIN
    }
    cpu.set(this.#retiring, NOWHERE)
    generations.retire(cpu, space)
    generations.unlock(cpu)
    return DONE
  }

  override resumed(cpu: Port): Ticket {
    const to = cpu.get(this.#switchingTo)
    if (to !== NOWHERE) return this.#switchLocked(cpu, to)
    const retiring = cpu.get(this.#retiring)
    return retiring === NOWHERE ? super.resumed(cpu) : this.retired(cpu, retiring)
  }
}

/**
 * Where tags are fewer than spaces: tags are handed out in generations, none twice in one. When they are
 * used up, the generation goes up and every CPU owes a flush of everything, which it carries out at its
 * next switch. So the flushes of all spaces whose tag somebody else gets are one, and nobody is told.
 * Changes of a space are flushed as in `arm64-tlbi`. Source: Linux arch/arm64/mm/context.c; arm and
 * RISC-V do the same, and the slots of x86 are a small kin of it.
 *
 * ## State
 *
 * The generation and a map of the tags used in it; for each space its tag and the generation in which it
 * got it; for each CPU the tag it runs under, the one reserved for it since a rollover, and whether a
 * flush is pending. One lock.
 *
 * ## Who does what
 *
 * - **Switch** to a space with a tag of this generation: compare and exchange of the own active tag, no
 *   lock, no flush. Else under the lock: the old tag again, where some CPU runs under it or nobody has got
 *   it; else one that is free; else a rollover. Then the flush, if one is pending, and the space is loaded.
 * - **Rollover**: raises the generation, takes every CPU's active tag away and reserves it for the space
 *   that runs there, marks every CPU as owing a flush. CPUs go on running as they are.
 * - **End of a space**: its tag is forgotten under the lock and stays used in this generation. No flush,
 *   whatever was left under it; with `skipTorn=1` the whole end of a process sends nothing to anybody.
 * - **Initiator**: broadcasts under the tag that the space has then, and one barrier. **Responder, idle**:
 *   nothing.
 *
 * ## Why it is safe
 *
 * A tag goes to another space at a rollover only, and only if nobody runs under it. What a CPU still has
 * under it, a dead space's entries too, goes before that CPU loads anything again: its active tag is gone, so its next switch takes the
 * lock and finds the flush. The generation goes up before the active tags are taken: a CPU that took a tag
 * of the old one in between has it taken and reserved, one that comes later fails to exchange. An
 * initiator writes its entries before it reads the tag; if the space gets another tag after that, whoever
 * runs it under that one reads the new entries. The count of generations wraps: then the stamps of all
 * spaces that do not run are forgotten, or one that slept through a whole turn would come back under a tag
 * that is somebody else's.
 *
 * ## Counts
 *
 * Operations as in `arm64-tlbi`. One CPU that goes round more than T spaces, T tags: a rollover, and with
 * it one full flush, every T - 1 switches. On N CPUs a rollover costs up to N full flushes, each at the
 * next switch of its CPU, and no interrupts. An id that ends and begins anew k times on one CPU takes k tags
 * more: with nothing else a rollover every T - 1 of them.
 *
 * ## What differs from the source
 *
 * - The end of a space is told under the lock; Linux has nothing to do there, for a new process has a
 *   new context, where here the id is used again.
 * - `tags` below N + 1 means N + 1, with which Linux would not start. Pinned tags, and the pairs of
 *   page-table isolation, are left out.
 * - Linux' generations have 48 bits and are taken not to wrap; here they have up to 31, and wrap.
 * - Who does not get the lock looks again, with interrupts taken in between; Linux spins with them off.
 */
export default {
  summary: 'tags in generations: when none is left every CPU flushes everything at its next switch',
  source: 'Linux arch/arm64/mm/context.c: check_and_switch_context, new_context, flush_context',
  needs: ['tlbi'],
  parameters: {
    ceiling: TLBI_CEILING,
    rangeOperations: RANGE_OPERATIONS,
    tags: TAGS,
    generations: {
      default: 0x7fffffff,
      min: 1,
      max: 0x7fffffff,
      unit: 'generations',
      summary: 'generations after which their count begins again',
      source: 'as many as a word holds; Linux has 2^48 (64 bits less 16 of the tag)',
    },
  },
  contract: () => 'return',
  assumes: () => ({ timeless: false }),
  words: (shape, parameters) => ({
    ...tlbiWords(shape),
    ...generationBlocks(shape, tagCountOf(shape, parameters)),
  }),
  privateWords: (shape) => ({ ...tlbiPrivates(shape), switchingTo: 1, retiring: 1 }),
  create: (host) => new AsidRollover(host),
} satisfies StrategyModule<Words, Privates>
