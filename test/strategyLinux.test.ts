import { describe, expect, test } from 'vitest'
import { EXPOSE, FRAME_REUSE, SEEN, TABLE_REUSE, VA_REUSE } from '../dist/src/contract/obligation.js'
import { LEVEL_CALL } from '../dist/src/contract/operation.js'
import type { TapeWriter, WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_TLB_MISSES } from '../dist/src/machine/counters.js'
import { HandCpus } from './support/handCpus.js'
import { loadStrategy, simCell, type CellOptions } from './support/runCell.js'

const CEILING = 33
const UNMAPPED = SEEN | FRAME_REUSE | VA_REUSE
const linux = await loadStrategy('linux')

const storm = (pages: number, cpus: number, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'linux',
  workload: 'munmap-storm',
  parameters: { pages, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  cpus,
  ...more,
})

describe('counts', () => {
  test.each([1, 2, 5])('%i CPUs: one round for a range, by page up to the ceiling', async (cpus) => {
    for (const pages of [1, 3, 33, 34]) {
      const { figures } = await simCell(storm(pages, cpus))
      const isFull = pages > CEILING
      expect({ pages, ...figures }).toMatchObject({
        pages,
        flushRounds: cpus === 1 ? 0 : 5,
        ipis: 5 * (cpus - 1),
        pagesInvalidated: isFull ? 0 : 5 * pages * cpus,
        fullFlushes: isFull ? 5 * cpus : 0,
      })
    }
  })

  test('the gather limit cuts an operation into rounds', async () => {
    for (const gatherLimit of [1, 4]) {
      const { figures } = await simCell(storm(9, 3, { strategyParameters: { gatherLimit } }))
      const rounds = 5 * Math.ceil(9 / gatherLimit)
      expect(figures).toMatchObject({ flushRounds: rounds, ipis: 2 * rounds, pagesInvalidated: 5 * 9 * 3 })
    }
  })

  test('a kernel range reaches every CPU', async () => {
    const cell = { workload: 'direct-map-zap', parameters: { pages: 8, ops: 16, directFrames: 4 }, cpus: 4 }
    const { figures } = await simCell({ ...cell, strategy: 'linux' })
    expect(figures).toMatchObject({ flushRounds: 16, ipis: 16 * 3, pagesInvalidated: 16 * 4 + 16 })
  })

  test('each range of a batch is a round of its own, as without a vectored advise', async () => {
    const cell = { workload: ranges(3), cpus: 3, readers: 0, parameters: {} }
    const { figures } = await simCell({ ...cell, strategy: 'linux' })
    expect(figures).toMatchObject({
      ops: 4,
      flushRounds: 4 * 3,
      ipis: 4 * 3 * 2,
      pagesInvalidated: 4 * 3 * 3,
    })
    const batched = await simCell({ ...cell, strategy: 'batched' })
    expect(batched.figures.flushRounds).toBe(4)
  })
})

/** Four batches that take every second of 2k pages away. */
function ranges(count: number): WorkloadModule {
  return {
    summary: 'batches of ranges',
    source: 'none',
    op: 'one batch',
    parameters: {},
    write: (plan) => {
      const tape = plan.tape(0)
      const shared = plan.handle()
      tape.map(shared, 2 * count, { writable: true })
      tape.body()
      tape.loop(4, () => {
        tape.write(shared, 0, 2 * count)
        tape.op(() =>
          tape.batch(() => {
            for (let range = 0; range < count; range++) tape.adviseAway(shared, 2 * range, 1)
          }),
        )
      })
    },
  }
}

/** Two CPUs meet before and after each lap; `first` changes what the other has read, while it does `second`. */
function laps(
  lap: (first: TapeWriter, handle: number) => void,
  other: (second: TapeWriter, handle: number) => void,
): WorkloadModule {
  return {
    summary: 'two CPUs in laps',
    source: 'none',
    op: 'one change',
    parameters: {},
    write: (plan) => {
      const handle = plan.handle()
      const [first, second] = [plan.tape(0), plan.tape(1)]
      first.body()
      second.body()
      first.loop(5, () => {
        first.map(handle, 2, { writable: true })
        first.write(handle, 0, 2)
        first.barrier()
        first.pause(100_000)
        lap(first, handle)
        first.barrier()
        first.unmap(handle)
      })
      second.loop(5, () => {
        second.barrier()
        second.read(handle, 0, 2)
        other(second, handle)
        second.read(handle, 0, 2)
        second.barrier()
      })
    },
  }
}

const pair = (workload: WorkloadModule, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'linux',
  workload,
  cpus: 2,
  initiators: 2,
  oracle: 'full',
  ...more,
})

describe('a lazy CPU', () => {
  const idle = (second: TapeWriter) => second.idle(1_000_000)

  test('gets no interrupt, and one full flush when it wakes, however often it was left out', async () => {
    const workload = laps((first, handle) => {
      first.adviseAway(handle, 0, 1)
      first.op(() => first.adviseAway(handle, 1, 1))
    }, idle)
    const { figures, violations } = await simCell(pair(workload))
    // The unmap at the end of a lap meets a CPU that is awake.
    expect([figures.ipis, figures.fullFlushes, violations]).toEqual([5, 5, []])
    expect((await simCell(pair(workload, { strategy: 'batched' }))).figures.ipis).toBe(5 * 3)
  })

  test('gets one where a page table is freed', async () => {
    const workload = laps((first, handle) => {
      first.op(() => first.unmap(handle))
      first.map(handle, 2, { writable: true })
    }, idle)
    const freed = { profileSets: ['memory.frames=8192', 'memory.tableFreeing=empty'] }
    const { figures, violations } = await simCell(pair(workload, freed))
    expect([figures.ipis > 5, violations]).toEqual([true, []])
    expect((await simCell(pair(workload))).figures.ipis).toBe(5)
  })

  test('gets one for a range of the kernel', () => {
    const hand = new HandCpus(linux, 2)
    hand.enter(1)
    hand.strategy.idled!(hand.cpus[1])
    hand.change(0, { space: 0, firstPage: 7, obligations: EXPOSE })
    hand.finish(0, { space: 0, level: LEVEL_CALL })
    expect(hand.cpus[0].take()).toContain('interrupt 1')
  })
})

describe('generations', () => {
  const unmap = (hand: HandCpus, cpu: number, page: number): string[] => {
    hand.cpus[cpu].take()
    hand.change(cpu, { space: 1, firstPage: page, obligations: UNMAPPED })
    hand.finish(cpu, { space: 1, level: LEVEL_CALL, firstPage: page, pageCount: 1 })
    return hand.cpus[cpu].take()
  }

  test('a gap forces a full flush, which serves both; the queue that was not empty takes no second interrupt', () => {
    const hand = new HandCpus(linux, 3)
    hand.enter(1)
    expect(unmap(hand, 0, 5)).toEqual(['interrupt 1', 'interrupt 2', 'flush 1 pages from 5 of space 1'])
    // CPU 2 has not looked yet: it knows of no generation, and makes the second.
    expect(unmap(hand, 2, 8)).toEqual(['interrupt 0', 'flush space 1'])
    expect(hand.interrupt(1)).toEqual(['flush space 1', 'acknowledge 0', 'acknowledge 2'])
    expect(hand.interrupt(2)).toEqual(['acknowledge 0'])
    expect(hand.interrupt(0)).toEqual(['flush 1 pages from 8 of space 1', 'acknowledge 2'])
    expect(hand.interrupt(0)).toEqual([])
  })

  test.each([0x7ffffffe, -2, 0])('follow one another from %i on as well', (start) => {
    const hand = new HandCpus(linux, 2)
    const { base, stride } = hand.placed['generation']
    hand.words[base + stride] = start
    hand.enter(1)
    for (let page = 1; page < 5; page++) {
      expect(unmap(hand, 0, page)).toContain(`flush 1 pages from ${page} of space 1`)
      expect(hand.interrupt(1)).toEqual([`flush 1 pages from ${page} of space 1`, 'acknowledge 0'])
    }
  })

  test('a request for a space that was left is acknowledged, and compared when the CPU comes back', () => {
    const hand = new HandCpus(linux, 2)
    hand.enter(1)
    unmap(hand, 0, 5)
    hand.strategy.switched(hand.cpus[1], 2)
    expect(hand.interrupt(1)).toEqual(['acknowledge 0'])
    hand.strategy.switched(hand.cpus[1], 1)
    expect(hand.cpus[1].take()).toEqual(['load space 1 under tag 1, flushed'])
  })

  test('another operation meanwhile: the whole space goes, also where nothing was found', () => {
    const hand = new HandCpus(linux, 2)
    hand.enter(1)
    hand.finish(0, { space: 1, level: LEVEL_CALL, crowded: true })
    expect(hand.cpus[0].take()).toEqual(['interrupt 1', 'flush space 1'])
    expect(hand.interrupt(1)).toEqual(['flush space 1', 'acknowledge 0'])
  })
})

describe('tags', () => {
  const visit = (hand: HandCpus, spaces: readonly number[]): string[] => {
    hand.cpus[0].take()
    for (const space of spaces) hand.strategy.switched(hand.cpus[0], space)
    return hand.cpus[0].take()
  }

  test('six are kept, and given out in turn', () => {
    const hand = new HandCpus(linux, 1)
    const once = [1, 2, 3, 4, 5, 6]
    expect(visit(hand, once)).toEqual(once.map((space) => `load space ${space} under tag ${space}, flushed`))
    expect(visit(hand, once)).toEqual(once.map((space) => `load space ${space} under tag ${space}, kept`))
    expect(visit(hand, [7, 1, 3, 7])).toEqual([
      'load space 7 under tag 1, flushed',
      'load space 1 under tag 2, flushed',
      'load space 3 under tag 3, kept',
      'load space 7 under tag 1, kept',
    ])
  })

  test('who comes back finds its translations, and with more spaces than tags none', async () => {
    const wanderer = (spaces: number): WorkloadModule => ({
      ...ranges(0),
      write: (plan) => {
        const tape = plan.tape(0)
        const handles = Array.from({ length: spaces }, () => plan.handle())
        for (const [at, handle] of handles.entries()) {
          tape.switchTo(1 + at)
          tape.map(handle, 3, { writable: true })
          tape.write(handle, 0, 3)
        }
        tape.switchTo(1)
        tape.body()
        tape.op(() =>
          tape.loop(10, () => {
            for (const [at, handle] of handles.entries()) {
              tape.switchTo(1 + at)
              tape.read(handle, 0, 3)
            }
            tape.switchTo(1)
          }),
        )
      },
    })
    const misses = async (strategy: string, spaces: number, given = {}) =>
      (await simCell({ strategy, strategyParameters: given, workload: wanderer(spaces), cpus: 1 })).figures
        .counters[COUNT_TLB_MISSES]
    expect(await misses('linux', 6)).toBe(0)
    expect(await misses('linux', 7)).toBe(10 * 7 * 3)
    expect(await misses('linux', 7, { tags: 7 })).toBe(0)
    expect(await misses('batched', 2)).toBe(10 * 2 * 3)
  })
})

describe('switches', () => {
  const round = (given: Record<string, number>, obligations = UNMAPPED): [string[], string[]] => {
    const hand = new HandCpus(linux, 2, given)
    hand.enter(1)
    hand.change(0, { space: 1, firstPage: 5, obligations })
    hand.finish(0, { space: 1, level: LEVEL_CALL })
    return [hand.cpus[0].take(), hand.interrupt(1)]
  }
  const flush = 'flush 1 pages from 5 of space 1'

  test('concurrent: the initiator flushes while its interrupt travels, or before', () => {
    expect(round({})[0]).toEqual(['interrupt 1', flush])
    expect(round({ concurrent: 0 })[0]).toEqual([flush, 'interrupt 1'])
  })

  test('earlyAck: before the flush, but not where tables are freed or the kernel is concerned', () => {
    expect(round({})[1]).toEqual([flush, 'acknowledge 0'])
    expect(round({ earlyAck: 1 })[1]).toEqual(['acknowledge 0', flush])
    expect(round({ earlyAck: 1 }, TABLE_REUSE)[1]).toEqual([flush, 'acknowledge 0'])
    const hand = new HandCpus(linux, 2, { earlyAck: 1 })
    hand.enter(1)
    hand.change(0, { space: 0, firstPage: 7, obligations: EXPOSE })
    hand.finish(0, { space: 0, level: LEVEL_CALL })
    expect(hand.interrupt(1)).toEqual(['flush 1 pages from 7 of space 0', 'acknowledge 0'])
  })

  describe('inContext', () => {
    /** CPU 0 takes pages away, one operation for each; CPU 1 has handled all, and returns to user code. */
    const returned = (firstPages: number[], given: Record<string, number> = {}): string[] => {
      const hand = new HandCpus(linux, 2, { inContext: 1, ...given })
      hand.enter(1)
      for (const firstPage of firstPages) {
        hand.change(0, { space: 1, firstPage, obligations: UNMAPPED })
        const ticket = hand.finish(0, { space: 1, level: LEVEL_CALL })
        expect(hand.interrupt(1)).toEqual(['acknowledge 0'])
        hand.strategy.resumed(hand.cpus[0], ticket)
      }
      hand.strategy.left!(hand.cpus[1])
      return hand.cpus[1].take()
    }

    test('a handler acknowledges and flushes nothing; what it was asked for goes before user code runs', () => {
      expect(returned([5])).toEqual([flush])
      expect(returned([])).toEqual([])
    })

    test('several requests are one flush of the range that spans them, above the ceiling of everything', () => {
      expect(returned([5, 9])).toEqual(['flush 5 pages from 5 of space 1'])
      expect(returned([9, 5, 7])).toEqual(['flush 5 pages from 5 of space 1'])
      expect(returned([5, 9], { ceiling: 4 })).toEqual(['flush space 1'])
    })

    test('a generation that was never asked for makes it everything', () => {
      const hand = new HandCpus(linux, 2, { inContext: 1 })
      hand.enter(1)
      hand.change(0, { space: 1, firstPage: 5, obligations: UNMAPPED })
      hand.finish(0, { space: 1, level: LEVEL_CALL })
      hand.interrupt(1)
      hand.words[hand.placed['generation'].base + hand.placed['generation'].stride]++
      hand.strategy.left!(hand.cpus[1])
      expect(hand.cpus[1].take()).toEqual(['flush space 1'])
    })

    test('what counts for walks is flushed in the handler', () => {
      expect(round({ inContext: 1 }, TABLE_REUSE)[1]).toEqual([flush, 'acknowledge 0'])
    })
  })

  test('trim: a CPU that has left is interrupted once, and not again until it comes back', async () => {
    const workload = laps(
      (first, handle) => {
        for (let time = 0; time < 3; time++) {
          first.op(() => first.adviseAway(handle, 0, 1))
          first.write(handle, 0, 1)
        }
      },
      (second) => {
        second.switchTo(2)
        second.pause(1_000_000)
        second.switchTo(1)
      },
    )
    const ipis = async (trim: number) => {
      const { figures, violations } = await simCell(pair(workload, { strategyParameters: { trim } }))
      expect(violations).toEqual([])
      return figures.ipis
    }
    // One for the unmap of each lap; with trim one more for the first of three that find the bit.
    expect(await ipis(0)).toBe(5)
    expect(await ipis(1)).toBe(10)
  })
})

test('several initiators at once: fewer interrupts than targets, and whole spaces', async () => {
  const meeting: WorkloadModule = {
    ...ranges(0),
    write: (plan) => {
      for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
        const tape = plan.tape(cpu)
        const handle = plan.handle()
        tape.body()
        tape.loop(5, () => {
          tape.map(handle, 3, { writable: true })
          tape.write(handle, 0, 3)
          tape.barrier()
          tape.op(() => tape.unmap(handle))
        })
      }
    },
  }
  const cell = { workload: meeting, cpus: 8, initiators: 8 }
  const { figures } = await simCell({ ...cell, strategy: 'linux' })
  const batched = await simCell({ ...cell, strategy: 'batched' })
  expect(batched.figures).toMatchObject({ flushRounds: 40, ipis: 40 * 7, fullFlushes: 0 })
  expect(figures.ipis).toBeLessThan(40 * 7)
  // Some meet nobody whose queue is empty.
  expect(figures.flushRounds).toBeLessThanOrEqual(40)
  expect(figures.fullFlushes).toBeGreaterThan(0)
})
