import { describe, expect, test } from 'vitest'
import { KIND_VMALLOC, SCOPE_ALL } from '../dist/src/contract/change.js'
import { VA_REUSE } from '../dist/src/contract/obligation.js'
import {
  FRAME_SHIFT,
  GLOBAL,
  KERNEL_SPACE,
  PRESENT,
  USER,
  VMALLOC_BASE,
  WRITABLE,
} from '../dist/src/contract/page.js'
import { DONE } from '../dist/src/contract/ticket.js'
import { COUNT_PASSED_OVER } from '../dist/src/machine/counters.js'
import { SPACE_ROOT } from '../dist/src/machine/words.js'
import { BareMachine, type Script } from './support/bareKernel.js'
import { invariantsOf, simCell } from './support/runCell.js'
import { usageErrorOf } from './support/usage.js'
import { makeTapes } from '../dist/src/workloads/shared/tapeWriter.js'
import type { TapeWriter, WorkloadModule } from '../dist/src/contract/workload.js'

const VMALLOC = WRITABLE | (KIND_VMALLOC << 8)

function machineWith(script: Script = {}, maxOperationPages = 8) {
  const machine = new BareMachine(script, { maxOperationPages, contract: 'return' })
  const [cpu] = machine.cpus
  const { spaces } = machine.placed
  const root = machine.words[spaces.base + KERNEL_SPACE * spaces.stride + SPACE_ROOT]
  const entry = (page: number) => machine.words[machine.tables.leafWord(root, page)]
  return { machine, cpu, entry }
}

describe('a range of the kernel virtual area', () => {
  test('is there at once, for the kernel only, in every space', () => {
    const { machine, cpu, entry } = machineWith()
    const first = cpu.map(0, 3, VMALLOC)
    expect(first).toBe(VMALLOC_BASE)
    const frames = [0, 1, 2].map((page) => {
      expect(entry(first + page) & (PRESENT | GLOBAL | WRITABLE | USER)).toBe(PRESENT | GLOBAL | WRITABLE)
      return entry(first + page) >>> FRAME_SHIFT
    })
    expect(new Set(frames).size).toBe(3)
    // No access has faulted.
    expect(machine.counted.get('faults') ?? 0).toBe(0)
    expect(cpu.map(1, 2, VMALLOC)).toBe(VMALLOC_BASE + 3)
  })

  test('owes its address alone, on all CPUs, and its frames are free before anybody has flushed', () => {
    const { machine, cpu, entry } = machineWith()
    const first = cpu.map(0, 2, VMALLOC)
    const frames = [0, 1].map((page) => entry(first + page) >>> FRAME_SHIFT)
    machine.calls.length = 0
    cpu.unmap(0)
    const changes = machine.calls.flatMap(({ hook, change }) => (hook === 'changed' ? [change] : []))
    expect(changes).toHaveLength(2)
    for (const change of changes)
      expect(change).toMatchObject({ obligations: VA_REUSE, scope: SCOPE_ALL, space: 0, kind: KIND_VMALLOC })
    expect(machine.calls.some(({ hook }) => hook === 'demanded')).toBe(false)
    // The next mapping gets the same frames and other addresses, and no event has passed.
    machine.passed.length = 0
    const next = cpu.map(1, 2, VMALLOC)
    expect(next).toBe(first + 2)
    expect(new Set([0, 1].map((page) => entry(next + page) >>> FRAME_SHIFT))).toEqual(new Set(frames))
    expect(machine.passed).toEqual([])
  })

  test('is mapped again when its changes are covered, and that is the event', () => {
    let isCovered = false
    const { machine, cpu } = machineWith({ covered: () => isCovered })
    const first = cpu.map(0, 2, VMALLOC)
    cpu.unmap(0)
    expect(cpu.map(1, 2, VMALLOC)).not.toBe(first)
    isCovered = true
    machine.passed.length = 0
    expect(cpu.map(2, 2, VMALLOC)).toBe(first)
    expect(machine.passed.map(({ obligation, page }) => [obligation, page])).toEqual([
      [VA_REUSE, first],
      [VA_REUSE, first + 1],
    ])
  })

  test('is demanded when a CPU remembers 512 of them', () => {
    const { machine, cpu } = machineWith({ demanded: () => DONE })
    for (let range = 0; range < 512; range++) {
      cpu.map(0, 1, VMALLOC)
      cpu.unmap(0)
    }
    expect(machine.calls.some(({ hook }) => hook === 'demanded')).toBe(false)
    cpu.map(0, 1, VMALLOC)
    cpu.unmap(0)
    const demands = machine.calls.filter(({ hook }) => hook === 'demanded')
    expect(demands).toHaveLength(1)
    expect(demands[0].demand?.obligation).toBe(VA_REUSE)
    expect(demands[0].demand?.spaces.slice(0, 2)).toEqual([KERNEL_SPACE, KERNEL_SPACE])
  })

  test('is nothing that user addresses are short for', () => {
    const { cpu } = machineWith()
    const user = cpu.map(0, 2, WRITABLE)
    cpu.map(1, 2, VMALLOC)
    cpu.unmap(1)
    expect(cpu.map(2, 2, WRITABLE)).toBe(user + 2)
  })
})

describe('the oracle', () => {
  const churn = (laps: number) =>
    simCell({
      strategy: 'vmalloc-never',
      workload: 'vmalloc-churn',
      parameters: { pages: 1, ops: laps, readerPages: 1, readerWorkNs: 0 },
      cpus: 2,
      oracle: 'full',
    })

  test('does not mind a stale entry whose address is not used again', async () => {
    const { violations, figures } = await churn(200)
    // I9: what nobody settles at all is told at the end.
    expect(invariantsOf({ violations } as never)).toEqual(['I9'])
    expect(figures.counters[COUNT_PASSED_OVER]).toBeGreaterThanOrEqual(0)
  })

  test('minds one whose address is: 600 ranges are more than are remembered', async () => {
    expect(invariantsOf(await churn(600))).toEqual(['I2', 'I9'])
  })
})

describe('misuse', () => {
  const tapesOf = (write: (tape: TapeWriter, handle: number) => void) => {
    const workload: WorkloadModule = {
      summary: '',
      source: '',
      op: '',
      parameters: {},
      write: (plan) => write(plan.tape(0), plan.handle()),
    }
    const plan = { cpuCount: 1, initiators: 1, readers: 0, parameters: {}, random: () => 0 }
    return makeTapes('test', workload, plan)
  }

  test.each<[string, (tape: TapeWriter, handle: number) => void]>([
    [
      'use readKernel or writeKernel',
      (tape, handle) => {
        tape.map(handle, 2, { vmalloc: true })
        tape.read(handle, 0, 1)
      },
    ],
    [
      'map it with vmalloc: true',
      (tape, handle) => {
        tape.map(handle, 2)
        tape.readKernel(handle, 0, 1)
      },
    ],
    [
      'use readKernel or writeKernel',
      (tape, handle) => {
        tape.map(handle, 2, { vmalloc: true })
        tape.protect(handle, 0, 1, false)
      },
    ],
    ['choose one of them', (tape, handle) => tape.map(handle, 2, { vmalloc: true, guest: true })],
    [
      'its last page is 1',
      (tape, handle) => {
        tape.map(handle, 2, { vmalloc: true })
        tape.writeKernel(handle, 1, 2)
      },
    ],
  ])('%s', async (remedy, write) => {
    expect(await usageErrorOf(() => tapesOf(write))).toContain(remedy)
  })
})
