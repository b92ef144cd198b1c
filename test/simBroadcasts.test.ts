import { describe, expect, test } from 'vitest'
import { GLOBAL_TAG, WHOLE_TAG } from '../dist/src/contract/hardware.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { Layout } from '../dist/src/machine/layout.js'
import type { BasePort } from '../dist/src/engines/basePort.js'
import { placeBroadcasts, SENT_SLOTS } from '../dist/src/engines/broadcastWords.js'
import { Interconnect } from '../dist/src/engines/sim/interconnect.js'
import { BroadcastMail } from '../dist/src/engines/threads/broadcastMail.js'
import { BROADCAST, doorbellsOf, SharedBells } from '../dist/src/engines/threads/doorbell.js'
import { invariantsOf, simCell, type CellOptions } from './support/runCell.js'

const from = (sender: number) => ({ sender, tag: 1, firstPage: 0, pageCount: 1, stridePages: 1 })

describe('the interconnect of virtual time', () => {
  test('gets to the sender first and to each further CPU a step later, in the order of arrival', () => {
    const net = new Interconnect(3, 100, 10)
    expect(net.nextPs).toBe(Infinity)
    net.send(from(1), 1000)
    net.send(from(0), 1005)
    expect([0, 1, 2].map((cpu) => net.arrivalPs(cpu))).toEqual([1105, 1100, 1110])
    const taken = Array.from({ length: 6 }, () => {
      const at = net.nextPs
      const { cpu, atPs, broadcast } = net.take()
      expect(atPs).toBe(at)
      return [cpu, atPs, broadcast.sender]
    })
    expect(taken).toEqual([
      [1, 1100, 1],
      [0, 1105, 0],
      [2, 1110, 1],
      [1, 1115, 0],
      [0, 1120, 1],
      [2, 1125, 0],
    ])
    expect(net.nextPs).toBe(Infinity)
    expect(() => net.take()).toThrow(/no broadcast/)
  })
})

const storm = (cpus: number, sets: string[] = [], more: Partial<CellOptions> = {}): CellOptions => ({
  strategy: 'arm64-tlbi',
  workload: 'munmap-storm',
  parameters: { pages: 1, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 },
  cpus,
  readers: 0,
  profileSets: ['memory.frames=8192', ...sets],
  ...more,
})

describe('what a broadcast costs in virtual time', () => {
  const ns = async (cpus: number, sets: string[]) => (await simCell(storm(cpus, sets))).figures.opTotalNs

  test('each of its costs, as often as it is due', async () => {
    // A sync that is over before the last of several CPUs has dropped its page, and after one CPU alone has.
    const costs = { issue: 500, sync: 600, reach: 500, reachEach: 500 }
    const setsOf = (given: Record<string, number>) =>
      Object.entries(given).map(([name, each]) => `broadcast.costsPs.${name}=${each * 1000}`)
    for (const cpus of [1, 2, 6]) {
      const plain = await ns(cpus, setsOf(costs))
      const longer = async (name: keyof typeof costs) =>
        Math.round((await ns(cpus, setsOf({ ...costs, [name]: costs[name] + 1 }))) - plain)
      // 5 ops of one broadcast each, 1 ns longer.
      expect(await longer('issue')).toBe(5)
      expect(await longer('reach')).toBe(cpus === 1 ? 0 : 5)
      expect(await longer('reachEach')).toBe(5 * (cpus - 1))
      expect(await longer('sync')).toBe(cpus === 1 ? 5 : 0)
    }
  })

  test('a page of a range that one operation cannot name takes another one', async () => {
    const one = { parameters: { pages: 64, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 } }
    const split = await simCell(storm(3, ['broadcast.pagesPerOperation=16'], one))
    const whole = await simCell(storm(3, [], one))
    const issuePs = 38_462
    expect(split.figures.opTotalNs - whole.figures.opTotalNs).toBeCloseTo((5 * 3 * issuePs) / 1000, 3)
  })

  test('passes that are taken over instead of run change nothing', async () => {
    for (const readers of [1, 3]) {
      const cell = storm(4, [], { readers, oracle: 'full' })
      const [repeated, run] = [await simCell(cell), await simCell({ ...cell, mayRepeatPasses: false })]
      expect(invariantsOf(run)).toEqual([])
      expect(repeated.figures).toEqual(run.figures)
    }
  })
})

test('a broadcast that is on its way when a phase ends is no dead end', async () => {
  const alone: WorkloadModule = {
    summary: 'a reader that takes its own page away, again and again',
    source: 'none',
    op: 'nothing',
    parameters: {},
    write: (plan) => {
      const handle = plan.handle()
      const [tape, reader] = [plan.tape(0), plan.tape(1)]
      tape.map(handle, 1, { writable: true })
      tape.body()
      tape.op(() => tape.compute(100))
      reader.body()
      reader.write(handle, 0, 1)
      reader.adviseAway(handle, 0, 1)
    },
  }
  // Most of the time that innocents have alone.
  const profileSets = ['memory.frames=8192', 'broadcast.costsPs.reach=300000000']
  const cell = { strategy: 'arm64-tlbi', workload: alone, cpus: 2, readers: 1, profileSets } as const
  expect(invariantsOf(await simCell({ ...cell, oracle: 'full' }))).toEqual([])
})

describe('the mail of real threads', () => {
  function mails() {
    const layout = new Layout()
    const placed = placeBroadcasts(layout, 2)
    const control = {
      doorbells: layout.lines('doorbell', 2),
      sleepers: layout.lines('sleeper', 2),
      mailboxes: layout.lines('mailbox', 2),
    }
    const words = new Int32Array(new SharedArrayBuffer(layout.wordCount * 4))
    const doorbells = doorbellsOf(control, 2)
    const bells = new SharedBells(words)
    const dropped: number[][][] = [[], []]
    const port = (cpu: number) =>
      ({ dropBroadcast: (...what: number[]) => void dropped[cpu].push(what) }) as unknown as BasePort
    const [first, second] = [0, 1].map((cpu) => new BroadcastMail(cpu, placed, words, bells, doorbells))
    const undelivered = () => words[placed.undelivered.base]
    const bit = (cpu: number) => words[doorbells[cpu].mailbox]
    return { first, second, port, dropped, undelivered, bit }
  }

  test('reaches both, and is outstanding until both have looked', () => {
    const { first, second, port, dropped, undelivered, bit } = mails()
    first.send(3, 7, 2, 1)
    first.send(4, 0, WHOLE_TAG, 1)
    expect([undelivered(), bit(0), bit(1)]).toEqual([4, BROADCAST, BROADCAST])
    second.take(port(1))
    expect(undelivered()).toBe(2)
    first.take(port(0))
    second.take(port(1))
    expect(undelivered()).toBe(0)
    const both = [
      [3, 7, 2, 1],
      [4, 0, WHOLE_TAG, 1],
    ]
    expect(dropped).toEqual([both, both])
  })

  test('who was lapped drops everything', () => {
    const { first, second, port, dropped, undelivered } = mails()
    for (let page = 0; page < SENT_SLOTS - 1; page++) first.send(1, page, 1, 1)
    first.take(port(0))
    expect(dropped[0]).toHaveLength(SENT_SLOTS - 1)
    first.send(1, 99, 1, 1)
    second.take(port(1))
    expect(dropped[1]).toEqual([[GLOBAL_TAG, 0, WHOLE_TAG, 1]])
    first.take(port(0))
    expect(dropped[0].at(-1)).toEqual([1, 99, 1, 1])
    expect(undelivered()).toBe(0)
  })
})
