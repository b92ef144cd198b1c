import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Lines } from '../dist/src/engines/sim/lines.js'
import { Schedule } from '../dist/src/engines/sim/schedule.js'
import { costTable, SimClock } from '../dist/src/engines/sim/simClock.js'
import { Topology } from '../dist/src/engines/sim/topology.js'
import {
  BROADCAST_COST_NAMES,
  COST_BROADCAST_ISSUE,
  COST_DEVICE_ACCESS,
  COST_NAMES,
  COST_VCPU_ENTRY,
  COST_VCPU_EXIT,
  IOMMU_COST_NAMES,
} from '../dist/src/machine/costs.js'
import { loadProfile } from '../dist/src/machine/profile.js'

const SIBLING = 0
const SAME_SOCKET = 1
const OTHER_SOCKET = 2
const HERE = -1

const profileWith = (cores: number, threads: number) =>
  loadProfile('icelake-2s64c', [`topology.coresPerSocket=${cores}`, `topology.threadsPerCore=${threads}`])
    .profile

describe('the schedule', () => {
  test('finds the CPU with the earliest time, the lower one of equals, and the earliest of the others', () => {
    const time = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Infinity))
    const set = fc.tuple(fc.nat(), time)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 17 }), fc.array(set, { maxLength: 40 }), (cpuCount, sets) => {
        const schedule = new Schedule(cpuCount)
        const times = Array.from({ length: cpuCount }, () => Infinity)
        for (const [which, at] of sets) {
          const cpu = which % cpuCount
          schedule.set(cpu, at)
          times[cpu] = at
          expect(schedule.next).toBe(times.indexOf(Math.min(...times)))
          expect(schedule.timeOf(cpu)).toBe(at)
          const others = times.filter((_, index) => index !== cpu)
          expect(schedule.earliestOther(cpu)).toBe(Math.min(Infinity, ...others))
        }
      }),
    )
  })

  test('starts with the lowest CPU, all of them idle', () => {
    for (const cpuCount of [1, 2, 3, 64]) {
      const schedule = new Schedule(cpuCount)
      expect(schedule.next).toBe(0)
      expect(schedule.earliestOther(0)).toBe(Infinity)
    }
  })
})

describe('the topology', () => {
  test('is socket by socket, core by core, siblings next to each other', () => {
    const topology = new Topology(profileWith(4, 2))
    for (let a = 0; a < 24; a++) {
      for (let b = 0; b < 24; b++) {
        const [socketA, socketB] = [Math.floor(a / 8), Math.floor(b / 8)]
        const [coreA, coreB] = [Math.floor(a / 2), Math.floor(b / 2)]
        const expected = socketA !== socketB ? OTHER_SOCKET : coreA === coreB ? SIBLING : SAME_SOCKET
        expect(topology.distance(a, b)).toBe(expected)
      }
    }
  })

  test('has no siblings without threads, and more sockets than the profile where there are more CPUs', () => {
    const topology = new Topology(profileWith(4, 1))
    expect(topology.distance(0, 1)).toBe(SAME_SOCKET)
    expect(topology.distance(3, 4)).toBe(OTHER_SOCKET)
    expect(topology.distance(99, 98)).toBe(SAME_SOCKET)
    expect(topology.distance(99, 100)).toBe(OTHER_SOCKET)
  })
})

describe('a cache line', () => {
  // Two sockets of four CPUs: 0 to 3, 4 to 7.
  const lines = () => new Lines(new Topology(profileWith(4, 1)), 16 * 300, 8)
  type Step = [what: 'read' | 'write', cpu: number, expected: number, word?: number]

  // The states that the model names: untouched, written here, read by others since, taken away.
  const TABLE: [name: string, steps: Step[]][] = [
    [
      'that nobody has written costs no transfer',
      [
        ['read', 0, HERE],
        ['read', 5, HERE],
        ['write', 1, HERE],
      ],
    ],
    [
      'is here for its writer',
      [
        ['write', 0, HERE],
        ['read', 0, HERE],
        ['write', 0, HERE],
      ],
    ],
    [
      'comes once from its last writer',
      [
        ['write', 0, HERE],
        ['read', 1, SAME_SOCKET],
        ['read', 1, HERE],
        ['read', 5, OTHER_SOCKET],
        ['read', 5, HERE],
      ],
    ],
    [
      'comes again after a new version',
      [
        ['write', 0, HERE],
        ['read', 1, SAME_SOCKET],
        ['write', 0, SAME_SOCKET],
        ['read', 1, SAME_SOCKET],
      ],
    ],
    [
      'is taken away from the last writer',
      [
        ['write', 0, HERE],
        ['write', 5, OTHER_SOCKET],
        ['write', 6, SAME_SOCKET],
        ['write', 0, OTHER_SOCKET],
      ],
    ],
    [
      'is taken away from the last reader, once',
      [
        ['write', 0, HERE],
        ['read', 5, OTHER_SOCKET],
        ['read', 1, SAME_SOCKET],
        ['write', 0, SAME_SOCKET],
        ['write', 0, HERE],
      ],
    ],
    [
      'is taken away from the other socket',
      [
        ['write', 0, HERE],
        ['read', 5, OTHER_SOCKET],
        ['write', 0, OTHER_SOCKET],
      ],
    ],
    [
      'is lost to its writer when another one writes',
      [
        ['write', 0, HERE],
        ['write', 1, SAME_SOCKET],
        ['read', 0, SAME_SOCKET],
      ],
    ],
    [
      'is one line for all of its 16 words',
      [
        ['write', 0, HERE, 16],
        ['read', 1, SAME_SOCKET, 31],
        ['read', 1, HERE, 20],
        ['read', 1, HERE, 32],
      ],
    ],
    [
      'is forgotten when another one takes its place',
      [
        ['write', 0, HERE, 16],
        ['write', 0, HERE, 16 + 128 * 16],
        ['read', 1, SAME_SOCKET, 16],
        ['read', 1, SAME_SOCKET, 16 + 128 * 16],
        ['read', 1, SAME_SOCKET, 16],
      ],
    ],
  ]

  test.each(TABLE)('%s', (_name, steps) => {
    const model = lines()
    const costs = steps.map(([what, cpu, , word = 16]) => model[what](cpu, word))
    expect(costs).toEqual(steps.map(([, , expected]) => expected))
  })
})

describe('the clock', () => {
  test('adds what the profile says, in picoseconds', () => {
    const { profile } = loadProfile('icelake-2s64c', ['costsPs.fault=7', 'costsPs.spin=11'])
    const clock = new SimClock(costTable(profile))
    clock.charge(COST_NAMES.indexOf('fault'), 3)
    clock.charge(COST_NAMES.indexOf('spin'), 1)
    expect(clock.nowPs).toBe(3 * 7 + 11)
  })

  test('has a cost for each name, in the order of the indices', () => {
    const { profile } = loadProfile('icelake-2s64c', [])
    const table = costTable(profile)
    expect(COST_BROADCAST_ISSUE).toBe(COST_NAMES.length)
    COST_NAMES.forEach((name, index) => expect(table[index]).toBe(profile.costsPs[name].value))
    // A machine that does not broadcast is not charged for it.
    const deviceAt = COST_NAMES.length + BROADCAST_COST_NAMES.length
    expect([...table.subarray(COST_NAMES.length, deviceAt)]).toEqual(BROADCAST_COST_NAMES.map(() => 0))
    expect(COST_DEVICE_ACCESS).toBe(deviceAt)
    const { iommu } = profile.extras!
    IOMMU_COST_NAMES.forEach((name, index) =>
      expect(table[deviceAt + index]).toBe(iommu!.costsPs[name].value),
    )
    expect(COST_VCPU_EXIT).toBe(deviceAt + IOMMU_COST_NAMES.length)
    const { profile: arm } = loadProfile('graviton3-1s64c', [])
    const { costsPs } = arm.broadcast!
    const end = COST_NAMES.length + BROADCAST_COST_NAMES.length
    expect([...costTable(arm).subarray(COST_NAMES.length, end)]).toEqual([
      costsPs.issue.value,
      costsPs.sync.value,
      costsPs.reach.value,
      costsPs.reachEach.value,
    ])
    const { profile: guest } = loadProfile('kvm-guest', [
      'extras.vcpu.costsPs.exit=3',
      'extras.vcpu.costsPs.entry=4',
    ])
    const charged = costTable(guest)
    expect([charged[COST_VCPU_EXIT], charged[COST_VCPU_ENTRY], charged.length]).toEqual([3, 4, table.length])
    // Offsets by distance: siblings, same socket, other socket stand in a row.
    expect(COST_NAMES.slice(16, 22)).toEqual([
      'lineSibling',
      'lineSameSocket',
      'lineOtherSocket',
      'deliverSibling',
      'deliverSameSocket',
      'deliverOtherSocket',
    ])
  })
})
