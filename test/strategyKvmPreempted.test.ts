import { describe, expect, test } from 'vitest'
import { FRAME_REUSE, SEEN, VA_REUSE } from '../dist/src/contract/obligation.js'
import { LEVEL_CALL } from '../dist/src/contract/operation.js'
import { SETTLED, TICKET_ZERO } from '../dist/src/contract/ticket.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { HandCpus } from './support/handCpus.js'
import { loadStrategy, simCell, threadsCell, type CellOptions } from './support/runCell.js'

const UNMAPPED = SEEN | FRAME_REUSE | VA_REUSE
const kvm = await loadStrategy('kvm-preempted')
const LAPS = 5

/** CPU 0 takes pages away `times` times while CPUs 1 to `gone` are off their processors, and once more when all are back. */
function laps(pages: number, times: number, gone: number): WorkloadModule {
  return {
    summary: 'some CPUs are away, and back',
    source: 'none',
    op: 'one advise',
    needs: ['vcpu'],
    parameters: {},
    write: (plan) => {
      const handle = plan.handle()
      for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
        const tape = plan.tape(cpu)
        if (cpu === 0) tape.map(handle, pages, { writable: true })
        tape.body()
        tape.loop(LAPS, () => {
          if (cpu === 0) tape.write(handle, 0, pages)
          tape.barrier()
          if (cpu === 0) {
            tape.pause(100_000)
            for (let time = 0; time < times; time++) {
              tape.op(() => tape.adviseAway(handle, 0, pages))
              tape.write(handle, 0, pages)
            }
          } else if (cpu <= gone) tape.preempt(1_000_000)
          tape.barrier()
          if (cpu === 0) tape.op(() => tape.adviseAway(handle, 0, pages))
          tape.barrier()
        })
      }
    },
  }
}

const cell = (strategy: string, cpus: number, workload: WorkloadModule): CellOptions => ({
  strategy,
  workload,
  cpus,
  initiators: cpus,
  oracle: 'full',
})

describe('counts', () => {
  test.each([
    [2, 1, 1],
    [4, 2, 1],
    [4, 3, 3],
    [8, 5, 2],
  ])('%i CPUs of which %i are away, %i times', async (cpus, gone, times) => {
    const pages = 3
    const workload = laps(pages, times, gone)
    const { figures, violations } = await simCell(cell('kvm-preempted', cpus, workload))
    const here = cpus - 1 - gone
    expect(violations).toEqual([])
    expect(figures).toMatchObject({
      ops: LAPS * (times + 1),
      ipis: LAPS * (times * here + (cpus - 1)),
      flushRounds: LAPS * ((here > 0 ? times : 0) + 1),
      // The host's, and the one after it, which finds a gap.
      fullFlushes: LAPS * 2 * gone,
      pagesInvalidated: LAPS * pages * (times * (1 + here) + 1 + here),
    })
    const linux = await simCell(cell('linux', cpus, workload))
    expect(linux.figures.ipis).toBe(LAPS * (times + 1) * (cpus - 1))
  })

  test('as linux where nobody is away', async () => {
    const same = async (strategy: string) => (await simCell(cell(strategy, 4, laps(3, 2, 0)))).figures
    const [{ ipis, fullFlushes, pagesInvalidated }, linux] = [
      await same('kvm-preempted'),
      await same('linux'),
    ]
    expect({ ipis, fullFlushes, pagesInvalidated }).toEqual({
      ipis: linux.ipis,
      fullFlushes: linux.fullFlushes,
      pagesInvalidated: linux.pagesInvalidated,
    })
  })
})

describe('hook by hook', () => {
  const begun = () => {
    const hand = new HandCpus(kvm, 3)
    hand.enter(1)
    const remove = (cpu: number, space = 1) => {
      hand.change(cpu, { space, firstPage: 7, obligations: UNMAPPED })
      const ticket = hand.finish(cpu, { space, level: LEVEL_CALL })
      return { did: hand.cpus[cpu].take(), ticket }
    }
    return { hand, remove }
  }

  test('an initiator interrupts who is here, and waits for nobody else', () => {
    const { hand, remove } = begun()
    hand.strategy.preempted!(hand.cpus[1])
    const first = remove(0)
    expect(first.did).toEqual(['interrupt 2', 'flush 1 pages from 7 of space 1'])
    expect(first.ticket & 7).toBe(TICKET_ZERO)
    hand.interrupt(2)
    hand.strategy.preempted!(hand.cpus[2])
    expect(remove(0)).toEqual({
      did: ['flush 1 pages from 7 of space 1', expect.stringMatching(/^settle/)],
      ticket: SETTLED,
    })
    for (const cpu of [1, 2]) {
      hand.cpus[cpu].take()
      hand.strategy.reentered!(hand.cpus[cpu])
      expect(hand.cpus[cpu].take()).toEqual(['flush everything'])
    }
  })

  test('the host flushes once, and only who was left out', () => {
    const { hand, remove } = begun()
    hand.strategy.preempted!(hand.cpus[1])
    hand.strategy.reentered!(hand.cpus[1])
    expect(hand.cpus[1].take()).toEqual([])
    hand.strategy.preempted!(hand.cpus[1])
    remove(0)
    remove(0)
    hand.strategy.reentered!(hand.cpus[1])
    expect(hand.cpus[1].take()).toEqual(['flush everything'])
    hand.strategy.preempted!(hand.cpus[1])
    hand.strategy.reentered!(hand.cpus[1])
    expect(hand.cpus[1].take()).toEqual([])
    expect(remove(0).did).toContain('interrupt 1')
  })

  test('kernel mappings are for all, here or not', () => {
    const { hand, remove } = begun()
    hand.strategy.preempted!(hand.cpus[1])
    expect(remove(0, 0).did).toEqual(['interrupt 1', 'interrupt 2', 'flush 1 pages from 7 of space 0'])
  })
})

test('an overcommitted guest: ops do not wait for the host, those of linux do', async () => {
  const options = (strategy: string): CellOptions => ({
    strategy,
    workload: 'overcommitted',
    parameters: { preemptUs: 1000, everyUs: 1000, ops: 12 },
    cpus: 4,
    oracle: 'full',
  })
  const [own, linux] = [await simCell(options('kvm-preempted')), await simCell(options('linux'))]
  expect([own.violations, linux.violations]).toEqual([[], []])
  // Who was found running may be gone when the interrupt gets there: that one is waited for.
  expect(linux.figures.opTotalNs).toBeGreaterThan(5 * own.figures.opTotalNs)
  expect(Math.max(...linux.figures.opsNs)).toBeLessThan(1_100_000)
  expect((await threadsCell(options('kvm-preempted'))).violations).toEqual([])
})
