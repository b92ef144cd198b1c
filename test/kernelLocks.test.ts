import { describe, expect, test } from 'vitest'
import type { TapeWriter, WorkloadModule } from '../dist/src/contract/workload.js'
import { COUNT_INTERRUPTS_TAKEN } from '../dist/src/machine/counters.js'
import { RETRY } from '../dist/src/pagetable/routine.js'
import { BareMachine } from './support/bareKernel.js'
import { simCell, threadsCell, type CellOptions } from './support/runCell.js'

/**
 * I8: who waits for a lock takes interrupts. Each case makes one CPU hold a lock of the kernel's while it
 * waits for the acknowledgement of the CPU that waits for that lock.
 */
type Write = (tape: TapeWriter, cpu: number, handle: number) => void

const contended = (body: Write, guest: boolean): WorkloadModule => ({
  summary: 'two CPUs in the way of each other',
  source: 'none',
  op: 'one operation',
  parameters: {},
  write(plan) {
    const handle = plan.handle()
    for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
      const tape = plan.tape(cpu)
      if (cpu === 0) tape.map(handle, 16, { writable: true, guest })
      tape.body()
      tape.loop(30, () => body(tape, cpu, handle))
    }
  },
})

const advise: Write = (tape, _cpu, handle) => {
  tape.barrier()
  tape.write(handle, 0, 16)
  tape.barrier()
  tape.op(() => tape.adviseAway(handle, 0, 16))
}
const barrier: Write = (tape, cpu, handle) => {
  tape.read(handle, 0, 16)
  tape.barrier()
  tape.op(() => (cpu === 0 ? tape.protect(handle, 0, 16, false) : tape.read(handle, 0, 1)))
  tape.barrier()
  tape.op(() => (cpu === 0 ? tape.protect(handle, 0, 16, true) : tape.read(handle, 0, 1)))
}
/** The fault has the mapping pinned while it waits for the zap of a direct-map page on all CPUs. */
const pins: Write = (tape, cpu, handle) => {
  if (cpu === 0) {
    tape.compute(1000)
    tape.op(() => tape.unmap(handle))
    tape.map(handle, 16, { writable: true, guest: true })
    tape.write(handle, 0, 4)
  } else {
    tape.op(() => tape.write(handle, 0, 16))
  }
}

const cell = (body: Write, guest: boolean): CellOptions => ({
  strategy: 'immediate',
  workload: contended(body, guest),
  cpus: 2,
  initiators: 2,
  readers: 0,
  oracle: 'full',
})

describe('a CPU that waits takes interrupts', () => {
  test.each([
    ['for an entry', advise, false],
    ['at a barrier', barrier, false],
    ['for the faults of a mapping', pins, true],
  ] as const)('%s', async (_name, body, guest) => {
    for (const run of [simCell, threadsCell]) {
      const result = await run(cell(body, guest))
      expect(result.violations).toEqual([])
      expect(result.figures.counters[COUNT_INTERRUPTS_TAKEN]).toBeGreaterThan(0)
    }
  })

  test.each(['pool', 'own', 'held'] as const)('for the list of frames: %s', (which) => {
    const sets = ['memory.frames=64', 'memory.listBatch=1']
    const machine = new BareMachine({}, { sets, cpuCount: 2 })
    const [first, second] = machine.cpus
    first.map(0, 64, 2)
    for (let page = 0; page < (which === 'held' ? 63 : 1); page++) first.fault(0, page)
    if (which === 'held') {
      first.fault(0, 63)
      first.change(2, 0, 0, 1)
    }
    const { pool, freeLists, heldLists } = machine.placed
    const list = { pool, own: freeLists.base + freeLists.stride, held: heldLists.base }[which]
    expect(machine.frames.tryLock(list)).toBe(true)
    second.startFault(0, which === 'held' ? 0 : 63, true)
    // The step ends each time, so the engine takes interrupts before it tries again.
    second.stepUntil(() => second.kernel.step() === RETRY)
    for (let turn = 0; turn < 3; turn++) expect(second.kernel.step()).toBe(RETRY)
    machine.frames.unlock(list)
    expect(second.run()).toBe(1)
  })
})
