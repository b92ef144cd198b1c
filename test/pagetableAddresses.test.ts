import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SETTLED, DONE } from '../dist/src/contract/ticket.js'
import { BareMachine, USER_SPACE } from './support/bareKernel.js'

const WRITABLE = 2
const VA_REUSE = 128

/** A machine whose changes are settled where the test says so. */
function machineFor(order: 'lifo' | 'fifo', cpuCount = 1, handleCount = 8) {
  const settled = new Set<number>()
  const machine = new BareMachine(
    { covered: (_cpu, _owner, serial) => settled.has(serial) },
    { cpuCount, handleCount, sets: [`memory.addressReuse=${order}`] },
  )
  return { machine, cpu: machine.cpus[0], settled }
}

describe('addresses', () => {
  test.each(['lifo', 'fifo'] as const)('that are free are given out again by exact size, %s', (order) => {
    const { machine, cpu } = machineFor(order)
    machine.script.finished = () => SETTLED
    const firsts = [0, 1, 2].map((handle) => cpu.map(handle, handle === 1 ? 5 : 2, WRITABLE))
    for (const handle of [0, 1, 2]) cpu.unmap(handle)
    const [inOrder, size5] = [order === 'lifo' ? [firsts[2], firsts[0]] : [firsts[0], firsts[2]], firsts[1]]
    expect(cpu.map(3, 2, WRITABLE)).toBe(inOrder[0])
    // Larger than what is left, smaller than what is left: neither is cut out of another range.
    for (const pages of [1, 3, 4]) expect(firsts).not.toContain(cpu.map(4, pages, WRITABLE))
    expect(cpu.map(5, 2, WRITABLE)).toBe(inOrder[1])
    expect(cpu.map(6, 5, WRITABLE)).toBe(size5)
  })

  test('overlap neither each other nor those that are held, whatever comes', () => {
    const command = fc.oneof(
      fc.record({
        do: fc.constant('map' as const),
        cpu: fc.integer({ min: 0, max: 1 }),
        pages: fc.integer({ min: 1, max: 4 }),
      }),
      fc.record({ do: fc.constant('unmap' as const), at: fc.nat(), touch: fc.boolean() }),
      fc.record({ do: fc.constant('settle' as const), at: fc.nat() }),
    )
    fc.assert(
      fc.property(
        fc.constantFrom('lifo' as const, 'fifo' as const),
        fc.array(command, { maxLength: 30, size: 'max' }),
        (order, commands) => {
          const settled = new Set<string>()
          const machine = new BareMachine(
            { covered: (_cpu, owner, serial) => settled.has(`${owner}.${serial}`) },
            { cpuCount: 2, handleCount: 30, sets: [`memory.addressReuse=${order}`] },
          )
          const live = new Map<number, { cpu: number; first: number; pages: number }>()
          const held: { key: string; first: number; pages: number }[] = []
          let nextHandle = 0
          for (const step of commands) {
            if (step.do === 'map') {
              const first = machine.cpus[step.cpu].map(nextHandle, step.pages, WRITABLE)
              for (const other of [...live.values(), ...held]) {
                const isApart = first + step.pages <= other.first || other.first + other.pages <= first
                expect(isApart, `${first}+${step.pages} and ${other.first}+${other.pages}`).toBe(true)
              }
              live.set(nextHandle++, { cpu: step.cpu, first, pages: step.pages })
            } else if (step.do === 'unmap') {
              const [handle, range] = [...live][step.at % Math.max(1, live.size)] ?? []
              if (handle === undefined || range === undefined) continue
              const cpu = machine.cpus[range.cpu]
              if (step.touch) cpu.fault(handle, 0)
              cpu.unmap(handle)
              live.delete(handle)
              // Nothing was cached of a range that nobody has touched: it is free.
              if (step.touch) held.push({ key: `${range.cpu}.${machine.issued(range.cpu)}`, ...range })
            } else if (held.length > 0) {
              const [{ key }] = held.splice(step.at % held.length, 1)
              settled.add(key)
            }
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('that are held are not given out before they are covered', () => {
    const { machine, cpu, settled } = machineFor('lifo')
    const first = cpu.map(0, 2, WRITABLE)
    cpu.fault(0, 1)
    cpu.unmap(0)
    expect(cpu.map(1, 2, WRITABLE)).not.toBe(first)
    settled.add(machine.issued(0))
    expect(cpu.map(2, 2, WRITABLE)).toBe(first)
    expect(machine.demands()).toEqual([])
  })

  test('that are held the longest are demanded when no others are left', () => {
    const { machine, cpu } = machineFor('lifo', 1, 3)
    const left = machine.placed.userPagesPerCpu
    const first = cpu.map(0, 4, WRITABLE)
    cpu.fault(0, 0)
    cpu.unmap(0)
    const second = cpu.map(1, 4, WRITABLE)
    expect(second).toBe(first + 4)
    cpu.map(2, left - 8, WRITABLE)
    machine.calls.length = 0
    expect(cpu.map(0, 4, WRITABLE)).toBe(first)
    expect(machine.demands()).toMatchObject([{ obligation: VA_REUSE, owners: [0], serials: [1] }])
    expect(() => cpu.map(0, 4, WRITABLE)).toThrow('CPU 0 has no free range of 4 pages')
  })

  test('that are held are demanded for the space that they were unmapped in', () => {
    const machine = new BareMachine({}, { spaceCount: 3 })
    const [cpu] = machine.cpus
    cpu.map(0, 1, WRITABLE)
    cpu.fault(0, 0)
    cpu.unmap(0)
    cpu.kernel.switchTo(2)
    cpu.run()
    cpu.kernel.drain()
    cpu.run()
    const asked = machine.demands().map(({ obligation, spaces }) => [obligation, spaces])
    expect(asked).toEqual([
      [64, [USER_SPACE]],
      [VA_REUSE, [USER_SPACE]],
    ])
  })

  test('of all CPUs lie apart, above page 0 and below the direct map', () => {
    const { machine } = machineFor('lifo', 3)
    const size = machine.placed.userPagesPerCpu
    const firsts = machine.cpus.map((cpu, handle) => cpu.map(handle, size, WRITABLE))
    const ranges = firsts.map((first) => [first, first + size]).sort(([a], [b]) => a - b)
    expect(ranges[0][0]).toBeGreaterThanOrEqual(1)
    for (let i = 1; i < ranges.length; i++) expect(ranges[i][0]).toBeGreaterThanOrEqual(ranges[i - 1][1])
    expect(ranges.at(-1)![1]).toBeLessThanOrEqual(2 ** 30)
  })

  test('are demanded when more are held than the ring has room for', () => {
    const { machine, cpu } = machineFor('lifo', 1, 1)
    machine.script.demanded = () => DONE
    for (let round = 0; round < 513; round++) {
      cpu.map(0, 1, WRITABLE)
      cpu.fault(0, 0)
      cpu.unmap(0)
    }
    const asked = machine.demands().filter(({ obligation }) => obligation === VA_REUSE)
    // The ring holds 512 ranges; the oldest 64 go together.
    expect(asked.map(({ serials }) => [serials.length, serials[0], serials.at(-1)])).toEqual([[64, 1, 64]])
  })
})
