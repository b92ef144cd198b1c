import { describe, expect, test } from 'vitest'
import { KIND_IOMMU } from '../dist/src/contract/change.js'
import { PRESENT } from '../dist/src/contract/page.js'
import type { TapeWriter } from '../dist/src/contract/workload.js'
import {
  COUNT_DEVICE_ACCESSES,
  COUNT_DEVICE_MISSES,
  COUNT_PASSED_OVER,
} from '../dist/src/machine/counters.js'
import { missingHardware } from '../dist/src/machine/hardware.js'
import { EVERYTHING, Iotlb, placeIotlb } from '../dist/src/machine/iotlb.js'
import { Layout } from '../dist/src/machine/layout.js'
import { loadProfile } from '../dist/src/machine/profile.js'
import { PlainMemory } from '../dist/src/engines/plainMemory.js'
import { moduleNames } from '../dist/src/registry.js'
import { makeTapes } from '../dist/src/workloads/shared/tapeWriter.js'
import { invariantsOf, loadStrategy, simCell } from './support/runCell.js'
import { usageErrorOf } from './support/usage.js'

const { profile } = loadProfile('icelake-2s64c', [])

describe('its translation cache', () => {
  /** 4 entries in 2 sets. */
  function cache() {
    const { profile: small } = loadProfile('icelake-2s64c', ['extras.iommu.entries=4', 'extras.iommu.ways=2'])
    const layout = new Layout()
    const words = placeIotlb(layout, small)
    return new Iotlb(new PlainMemory(new Int32Array(layout.wordCount)), words)
  }
  const entry = (frame: number) => (frame << 12) | PRESENT

  test('keeps the last two pages of a set, and those of the other set with them', () => {
    const iotlb = cache()
    for (const page of [2, 4, 6, 3]) iotlb.fill(page, entry(page), 0)
    expect([2, 3, 4, 6].map((page) => iotlb.find(page))).toEqual([0, entry(3), entry(4), entry(6)])
    // A hit changes nothing: 4 is the oldest all the same.
    iotlb.find(4)
    iotlb.fill(8, entry(8), 0)
    expect([4, 6, 8].map((page) => iotlb.find(page))).toEqual([0, entry(6), entry(8)])
  })

  test('a command drops what was cached when it was queued', () => {
    const iotlb = cache()
    iotlb.fill(2, entry(2), 0)
    iotlb.fill(3, entry(3), 0)
    const { turn } = iotlb
    iotlb.fill(4, entry(4), 0)
    iotlb.drop(2, 1, turn)
    expect([2, 3, 4].map((page) => iotlb.find(page))).toEqual([0, entry(3), entry(4)])
    iotlb.drop(0, EVERYTHING, turn)
    expect([2, 3, 4].map((page) => iotlb.find(page))).toEqual([0, 0, entry(4)])
  })

  test('is stale where it was filled before the change, with the frame that counts', () => {
    const iotlb = cache()
    iotlb.fill(2, entry(7), 5)
    const stale = (stamp: number, frame: number) => iotlb.holdsStale(2, stamp, frame)
    expect([stale(5, -1), stale(6, -1), stale(6, 7), stale(6, 8)]).toEqual([false, true, true, false])
  })

  test('one translation or command at a time', () => {
    const iotlb = cache()
    expect([iotlb.tryLock(), iotlb.tryLock()]).toEqual([true, false])
    iotlb.unlock()
    expect(iotlb.tryLock()).toBe(true)
  })
})

const runs = await Promise.all(
  moduleNames('strategy').map(async (name) => ({ name, needs: (await loadStrategy(name)).needs })),
)
const able = runs.filter(({ needs }) => missingHardware(profile, needs) === undefined)

describe('every strategy, on a machine with a device', () => {
  test.each(able.map(({ name }) => name))('%s lets no translation outlive its mapping', async (strategy) => {
    for (const trusted of ['yes', 'no']) {
      const result = await simCell({
        strategy,
        workload: 'dma-map',
        parameters: { ops: 16, pages: 2, depth: 2, pauseNs: 0 },
        cpus: 3,
        initiators: 2,
        oracle: 'full',
        profileSets: ['memory.frames=8192', `extras.iommu.trusted=${trusted}`],
      })
      expect(invariantsOf(result)).toEqual([])
      // Two goes over two pages of each buffer: the first misses, for its address is new or was dropped.
      const { counters } = result.figures
      expect(counters[COUNT_DEVICE_ACCESSES]).toBe(2 * 16 * 2 * 2)
      expect(counters[COUNT_DEVICE_MISSES]).toBe(2 * 16 * 2)
      expect(counters[COUNT_PASSED_OVER]).toBe(0)
    }
  })
})

describe('tapes', () => {
  const probe = (write: (tape: TapeWriter) => void, role = 0) => ({
    make: () =>
      makeTapes(
        'probe',
        {
          summary: '',
          source: '',
          op: '',
          parameters: {},
          write: (plan) => {
            plan.handle()
            plan.handle()
            write(plan.tape(role))
          },
        },
        { cpuCount: 2, initiators: 1, readers: 1, parameters: {}, random: () => 0 },
      ),
  })
  const mapped = (write: (tape: TapeWriter) => void) =>
    probe((tape) => {
      tape.map(0, 2, { device: true })
      tape.map(1, 2)
      tape.body()
      write(tape)
    })

  test('have a space for it behind those of the CPUs', () => {
    expect(mapped((tape) => tape.deviceAccess(0, 0, 2)).make()).toMatchObject({
      spaceCount: 3,
      hasDevice: true,
    })
    expect(probe((tape) => tape.map(1, 2)).make()).not.toHaveProperty('hasDevice')
  })

  test.each<[string, (tape: TapeWriter) => void, RegExp]>([
    ['a CPU reads what is the device’s', (tape) => tape.read(0, 0, 1), /reads handle 0, which is a mapping/],
    ['the device uses what is not', (tape) => tape.deviceAccess(1, 0, 1), /handle 1, which is not a mapping/],
    ['it is protected', (tape) => tape.protect(0, 0, 1, false), /protects handle 0, which is a mapping/],
    ['more pages than there are', (tape) => tape.deviceAccess(0, 1, 2), /pages 1 to 2 of handle 0/],
  ])('refuse that %s', async (_what, write, reason) => {
    expect(await usageErrorOf(() => mapped(write).make())).toMatch(reason)
  })

  test('refuse that an innocent drives it', async () => {
    const innocent = probe((tape) => {
      tape.map(0, 2, { device: true })
      tape.body()
      tape.deviceAccess(0, 0, 1)
    }, 1)
    expect(await usageErrorOf(() => innocent.make())).toMatch(/deviceAccess on the tape of an innocent/)
  })

  test('a kind of its own', () => {
    const { tapes } = mapped((tape) => tape.deviceAccess(0, 0, 2)).make()
    expect(tapes[0].instructions[3] >>> 8).toBe(KIND_IOMMU)
  })
})
