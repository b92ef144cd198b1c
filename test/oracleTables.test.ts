import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { BareMachine, type BareOptions, type Script, USER_SPACE } from './support/bareKernel.js'
import { invariantsOf, OWN_STRATEGIES, simCell, threadsCell, type CellOptions } from './support/runCell.js'

const WRITABLE = 2
const PRESENT = 1
const TABLE_REUSE = 256
const FREEING = ['memory.tableFreeing=empty']

/** One CPU maps, touches and unmaps; the others read what it has mapped, or look its frames up in software. */
const churn = (reader: 'read' | 'pin'): WorkloadModule => ({
  summary: 'a table page comes and goes',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write(plan) {
    const [first, second] = [plan.handle(), plan.handle()]
    for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
      const tape = plan.tape(cpu)
      tape.body()
      if (cpu > 0) {
        for (const handle of [first, second]) tape[reader](handle, 0, 64)
        tape.compute(100)
        continue
      }
      tape.loop(40, () => {
        for (const handle of [first, second]) {
          tape.map(handle, 64, { writable: true })
          tape.write(handle, 0, 2)
          tape.compute(3000)
          tape.op(() => tape.unmap(handle))
        }
      })
    }
  },
})

const cell = (strategy: string, reader: 'read' | 'pin', more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: churn(reader),
  cpus: 3,
  oracle: 'full',
  profileSets: ['memory.frames=8192', ...FREEING],
  ...more,
})
/** A walker that takes long has the table in hand for long. */
const SLOW = ['memory.frames=8192', 'costsPs.walkLevel=1000000', ...FREEING]

describe('page-table pages that are freed', () => {
  test.each(['immediate', 'batched', 'lazy'] as const)(
    '%s keeps them until no walk can reach them',
    async (strategy) => {
      for (const reader of ['read', 'pin'] as const) {
        const sim = await simCell(cell(strategy, reader))
        expect(sim.violations).toEqual([])
        expect(sim.figures.ops).toBe(80)
        expect((await simCell(cell(strategy, reader, { profileSets: SLOW }))).violations).toEqual([])
        expect((await threadsCell(cell(strategy, reader, { cpus: 2 }))).violations).toEqual([])
      }
    },
  )

  test('under a paging-structure cache are seen, in virtual time and on threads', async () => {
    expect(invariantsOf(await simCell(cell('local-only', 'read')))).toContain('I4')
    const seen = new Set<string>()
    for (let tries = 0; tries < 20 && !seen.has('I4'); tries++) {
      for (const name of invariantsOf(await threadsCell(cell('local-only', 'read', { cpus: 2 }))))
        seen.add(name)
    }
    expect([...seen]).toContain('I4')
  })

  test('in the hand of a software walker are seen', async () => {
    expect((await simCell(cell('skips-walkers', 'read'))).violations).toEqual([])
    expect(invariantsOf(await simCell(cell('skips-walkers', 'pin', { profileSets: SLOW })))).toContain('I4')
  })

  test.each(OWN_STRATEGIES)('cost nothing where they are never freed: %s', async (strategy) => {
    const never = await simCell({ ...cell(strategy, 'read'), profileSets: ['memory.frames=8192'] })
    expect(never.violations).toEqual([])
  })
})

describe('a leaf table', () => {
  const machineWith = (script: Script = {}, options: BareOptions = {}) =>
    new BareMachine(script, { sets: FREEING, ...options })

  test('is freed with the last mapping in its span, as a change of its own, and held', () => {
    const machine = machineWith()
    const [cpu] = machine.cpus
    const first = cpu.map(0, 2, WRITABLE)
    cpu.map(1, 2, WRITABLE)
    for (const handle of [0, 1]) cpu.fault(handle, 0)
    const leaf = machine.entryWord(0, 0)
    cpu.unmap(0)
    expect(machine.tables.leafWord(machine.root(USER_SPACE), first)).toBe(leaf)
    machine.calls.length = 0
    cpu.unmap(1)
    expect(machine.tables.leafWord(machine.root(USER_SPACE), first)).toBe(0)
    const changes = machine.calls.flatMap(({ change }) => change ?? [])
    expect(changes.map(({ levels, tablesFreed, obligations }) => [levels, tablesFreed, obligations])).toEqual(
      [
        [1, false, 193],
        [2, true, TABLE_REUSE],
      ],
    )
    expect(machine.frames.count(machine.placed.heldTables.base)).toBe(1)
    expect(machine.frames.count(machine.placed.spareTables)).toBe(0)
    // Not covered: a new mapping gets another table, whose entries remember what was there before.
    machine.settle(0, machine.issued(0) - 1)
    cpu.map(2, 2, WRITABLE)
    cpu.fault(2, 0)
    expect(machine.entryWord(2, 0)).not.toBe(leaf)
    machine.settle(0, machine.issued(0))
    cpu.unmap(2)
    machine.passed.length = 0
    cpu.map(3, 2, WRITABLE)
    cpu.fault(3, 0)
    expect(machine.passed.map(({ obligation, frame }) => [obligation, frame > 0])).toContainEqual([
      TABLE_REUSE,
      true,
    ])
    expect(machine.entry(3, 0) & PRESENT).toBe(PRESENT)
  })

  test('is demanded when many are held, and after a run', () => {
    const machine = machineWith({}, { handleCount: 40 })
    const [cpu] = machine.cpus
    for (let handle = 0; handle < 20; handle++) {
      cpu.map(handle, 600, WRITABLE)
      cpu.fault(handle, 0)
    }
    for (let handle = 0; handle < 20; handle++) cpu.unmap(handle)
    const asked = () => machine.demands().filter(({ obligation }) => obligation === TABLE_REUSE)
    expect(asked().map(({ serials }) => serials.length)).toEqual([17])
    expect(machine.frames.count(machine.placed.spareTables)).toBe(17)
    cpu.kernel.drain()
    expect(cpu.run()).toBe(0)
    expect(machine.frames.count(machine.placed.heldTables.base)).toBe(0)
  })

  test('is not mapped into while it is taken out', () => {
    let isFirst = true
    const machine = machineWith(
      {
        changed: (port, change) =>
          change.tablesFreed && isFirst ? ((isFirst = false), port.zero(machine.waitWord)) : 0,
      },
      { cpuCount: 2 },
    )
    const [first, second] = machine.cpus
    const page = first.map(0, 2, WRITABLE)
    first.fault(0, 0)
    machine.words[machine.waitWord] = 1
    first.kernel.unmap(0)
    first.stepUntil(() => first.kernel.ticket !== 0)
    // The other CPU's next range lies in the same span.
    machine.words[machine.placed.arenas.base + machine.placed.arenas.stride] = page + 8
    second.kernel.map(1, 2, WRITABLE)
    second.stepUntil(() => second.kernel.step() === 2)
    expect(second.kernel.step()).toBe(2)
    first.kernel.resume()
    first.run()
    expect(second.run()).toBe(page + 8)
    expect(second.fault(1, 0)).toBe(1)
  })
})
