import { KIND_IOMMU, type Change } from '../contract/change.js'
import { BINDING } from '../contract/obligation.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import {
  WORDS_PER_LINE,
  type MachineShape,
  type Strategy,
  type StrategyHost,
  type StrategyModule,
} from '../contract/strategy.js'
import { DONE, type Ticket } from '../contract/ticket.js'
import { FlushCounters } from './shared/flushCounters.js'
import { FlushQueue, queueWords } from './shared/flushQueue.js'

export type IovaQueueWords = 'counters' | 'timer' | 'queue'
export type IovaQueuePrivates = 'changes' | 'purpose' | 'command' | 'armed' | 'dueAt'

/** What the flush that this CPU's task waits for is for, so that `resumed` knows. */
const FOR_ROOM = 0
const FOR_DEMAND = 1

export interface IovaQueueParts {
  readonly FlushCounters: typeof FlushCounters
  readonly FlushQueue: typeof FlushQueue
}

export const IOVA_QUEUE_PARTS: IovaQueueParts = { FlushCounters, FlushQueue }

export class IovaQueue implements Strategy {
  protected readonly counters: FlushCounters
  protected readonly queue: FlushQueue
  readonly #timer: number
  readonly #privates: Readonly<Record<IovaQueuePrivates, number>>
  readonly #timeoutNs: number

  constructor(
    host: StrategyHost<IovaQueueWords, IovaQueuePrivates>,
    parts: IovaQueueParts = IOVA_QUEUE_PARTS,
  ) {
    const { words, privates, parameters } = host
    this.counters = new parts.FlushCounters(words.counters)
    this.queue = new parts.FlushQueue(words.queue, this.counters, parameters['ring'])
    this.#timer = words.timer.base
    this.#privates = privates
    this.#timeoutNs = parameters['timeoutUs'] * 1000
  }

  /** The entry is gone: from here on every flush that begins is good for it. */
  changed(cpu: Port, change: Change): Ticket {
    if ((change.obligations & BINDING) === 0) return DONE
    change.tag = this.counters.stamp(cpu)
    cpu.set(this.#privates.changes, 1)
    return DONE
  }

  finished(cpu: Port, operation: Operation): Ticket {
    if (operation.depth > 0 || cpu.get(this.#privates.changes) === 0) return DONE
    cpu.set(this.#privates.changes, 0)
    this.queue.free(cpu)
    return this.queue.isFull(cpu) ? this.flush(cpu, FOR_ROOM) : this.add(cpu)
  }

  protected flush(cpu: Port, purpose: number): Ticket {
    cpu.set(this.#privates.purpose, purpose)
    this.counters.begin(cpu)
    cpu.flushDevice()
    return cpu.deviceSync()
  }

  protected add(cpu: Port): Ticket {
    this.queue.add(cpu)
    if (cpu.load(this.#timer) === 0 && cpu.exchange(this.#timer, 1) === 0) {
      cpu.set(this.#privates.armed, 1)
      cpu.set(this.#privates.dueAt, dueAt(cpu.now(), this.#timeoutNs))
    }
    return DONE
  }

  resumed(cpu: Port): Ticket {
    this.counters.finish(cpu)
    this.queue.free(cpu)
    return cpu.get(this.#privates.purpose) === FOR_DEMAND ? DONE : this.add(cpu)
  }

  demanded(cpu: Port): Ticket {
    return this.flush(cpu, FOR_DEMAND)
  }

  covered(cpu: Port, _owner: number, _serial: number, tag: number): boolean {
    return this.counters.isFlushed(cpu, tag)
  }

  /** A tick cannot wait: it begins the flush, and the next one that finds the command complete ends it. */
  ticked(cpu: Port): void {
    const { command, armed, dueAt: due } = this.#privates
    if (cpu.get(command) !== 0) {
      if (((cpu.deviceCompleted() - cpu.get(command)) | 0) < 0) return
      cpu.set(command, 0)
      this.counters.finish(cpu)
    } else if (cpu.get(armed) !== 0 && ((dueAt(cpu.now(), 0) - cpu.get(due)) | 0) >= 0) {
      cpu.set(armed, 0)
      cpu.store(this.#timer, 0)
      this.counters.begin(cpu)
      cpu.set(command, cpu.flushDevice())
    }
    this.queue.free(cpu)
  }

  interrupted(): typeof DONE {
    return DONE
  }

  switched(): Ticket {
    return DONE
  }
}

/** Microseconds, which fit into a word and are compared by signed difference. */
function dueAt(nowNs: number, inNs: number): number {
  return Math.ceil((nowNs + inNs) / 1000) | 0
}

/**
 * Linux' lazy mode for the mappings of devices. An unmap takes the entries out of the IOMMU's table and puts the address into a
 * ring of its CPU instead of flushing; one flush of the whole translation cache frees what all rings had before it. It handles
 * the device's mappings and nothing else: those of the CPUs are another strategy's.
 *
 * ## State
 *
 * Two counters for all: flushes begun, and flushes finished. For each CPU a ring of `ring` entries, each with the counter of
 * begun flushes when it was queued and the last serial that it stands for. One word: the timer is armed.
 *
 * ## Who does what
 *
 * - Initiator, after each entry: notes the number of flushes begun, as the change's tag. At the end of the operation: frees
 *   from its ring what has been flushed, by whomever; if the ring is full, runs a flush and waits for it; adds an entry; arms
 *   the timer if it is not armed.
 * - Flush: counts itself begun, queues one command that drops every translation of the device, waits for its completion, counts
 *   itself finished.
 * - Tick of the CPU that armed the timer, `timeoutUs` later: begins a flush; a later tick finds it complete.
 * - Reuse of an address, or of a frame that is owed: allowed when more flushes are finished than were begun at the tag; else it
 *   demands a flush. Responder, switch and idle have no part.
 *
 * ## Why it is safe
 *
 * At most `tag` flushes were begun before the entry was gone. When more than `tag` are finished, one of them was begun after it,
 * and a command drops what was cached, and waits for translations under way, before it is complete. The counter of begun flushes
 * is read after the entry is written: read before, a flush that comes in between would be taken for one that covers it. It is
 * not the counter of finished ones: a flush that had begun before and ends after would count.
 *
 * ## Counts
 *
 * No interrupt, no round, no invalidation on any CPU. Of n unmaps of one CPU with a ring of R entries, with no timer and no
 * demand in between: floor((n - 1) / (R - 1)) flushes of the device (0 for n = 0), because R - 1 entries fit. Without this
 * strategy the kernel side is strict: one command and one wait for each unmap.
 *
 * ## What differs from the source
 *
 * Who owns the frame in between is a matter of trust, and so of the machine (`extras.iommu.trusted`): Linux' drivers free it at
 * once, so a trusted device could still write to it; with an untrusted one Linux flushes at each unmap, where this strategy holds
 * frame and address both. That an unmapped page is seen gone at return is given up either way: contract `reuse`. The single queue
 * of Linux (32768 entries, 1000 ms, for hypervisors that shadow the tables) is left out. Linux reads the counter once for a range, under the
 * ring's lock, and here each entry reads it. Its timer runs on time and frees all rings; here it is looked at by ticks, and each CPU frees its own.
 */
export default {
  summary: "unmaps of the device's memory wait in a ring for one flush of its whole translation cache",
  source: 'Linux drivers/iommu/dma-iommu.c, queue_iova and fq_flush_iotlb',
  needs: ['iommu'],
  handles: [KIND_IOMMU],
  parameters: {
    ring: {
      default: 256,
      min: 2,
      max: 1 << 15,
      unit: 'entries',
      summary: "entries of each CPU's ring; one stays free",
      source: 'IOVA_DEFAULT_FQ_SIZE, Linux drivers/iommu/dma-iommu.c',
    },
    timeoutUs: {
      default: 10_000,
      min: 1,
      max: 1_000_000,
      unit: 'us',
      summary: 'from the first entry that is queued while no timer runs until all rings are flushed',
      source: 'IOVA_DEFAULT_FQ_TIMEOUT, 10 ms, Linux drivers/iommu/dma-iommu.c',
    },
    tickUs: {
      default: 1000,
      min: 10,
      max: 1_000_000,
      unit: 'us',
      summary: 'time between two looks at the timer',
      source: 'the scheduler tick at HZ=1000, which is how exact a timer of the wheel is',
    },
  },
  contract: () => 'reuse',
  assumes: (parameters) => ({ timeless: false, tickNs: parameters['tickUs'] * 1000 }),
  words: (shape, parameters) => ({
    counters: { count: 2, stride: WORDS_PER_LINE },
    timer: { count: 1, stride: WORDS_PER_LINE },
    queue: queueWords(shape, parameters['ring']),
  }),
  privateWords: (_shape: MachineShape) => ({ changes: 1, purpose: 1, command: 1, armed: 1, dueAt: 1 }),
  create: (host) => new IovaQueue(host),
} satisfies StrategyModule<IovaQueueWords, IovaQueuePrivates>
