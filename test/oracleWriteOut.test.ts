import { describe, expect, test } from 'vitest'
import { OPERATION_PROTECT, OPERATION_WRITE_OUT } from '../dist/src/contract/operation.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { BareMachine, type BareOptions, type Script } from './support/bareKernel.js'
import { invariantsOf, OWN_STRATEGIES, simCell, threadsCell, type CellOptions } from './support/runCell.js'

const PRESENT = 1
const WRITABLE = 2
const DIRTY = 16
const IO = 16
const BUSY = 256

/** One CPU writes pages out again and again; the others, and itself, keep storing to them. */
const storing = (other: 'read' | 'write' = 'write'): WorkloadModule => ({
  summary: 'dirty pages',
  source: 'none',
  op: 'one write-out',
  parameters: {},
  write(plan) {
    const handle = plan.handle()
    for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
      const tape = plan.tape(cpu)
      if (cpu === 0) tape.map(handle, 8, { writable: true })
      tape.body()
      if (cpu > 0) {
        tape[other](handle, 0, 8)
        continue
      }
      tape.awaitReaders()
      tape.loop(20, () => {
        tape.write(handle, 2, 4)
        tape.op(() => tape.writeOut(handle, 0, 8))
        tape.compute(2000)
      })
    }
  },
})

const cell = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: storing(),
  cpus: 3,
  oracle: 'full',
  ...more,
})

describe('a store through an entry that is writable and dirty, after the write-out began', () => {
  test('is seen, in virtual time and on threads, and on the own CPU without the shared part', async () => {
    expect(invariantsOf(await simCell(cell('ignores-io')))).toContain('I5')
    expect(invariantsOf(await simCell(cell('ignores-io', { oracle: 'local' })))).toEqual(['I5'])
    const seen = new Set<string>()
    for (let tries = 0; tries < 20 && !seen.has('I5'); tries++) {
      for (const name of invariantsOf(await threadsCell(cell('ignores-io', { cpus: 2 })))) seen.add(name)
    }
    expect([...seen]).toContain('I5')
  })

  test('is possible through no entry that is clean: it would walk again', async () => {
    const { violations } = await simCell(cell('ignores-io', { workload: storing('read') }))
    expect(new Set(violations.map(({ cpu }) => cpu))).toEqual(new Set([0]))
  })

  test.each(OWN_STRATEGIES)('%s leaves none', async (strategy) => {
    const sim = await simCell(cell(strategy))
    expect(sim.violations).toEqual([])
    expect(sim.figures.ipis).toBeGreaterThan(0)
    expect((await threadsCell(cell(strategy, { cpus: 2 }))).violations).toEqual([])
  })
})

describe('a write-out', () => {
  const dirty = (script: Script = {}, options: BareOptions = {}) => {
    const machine = new BareMachine(script, options)
    const [cpu] = machine.cpus
    cpu.map(0, 2, WRITABLE)
    for (const page of [0, 1]) cpu.fault(0, page)
    machine.words[machine.entryWord(0, 0)] |= DIRTY
    machine.calls.length = 0
    machine.passed.length = 0
    return { machine, cpu }
  }

  test.each(['return', 'bounded', 'reuse', 'none'] as const)(
    'is demanded before it begins, contract %s',
    (contract) => {
      const { machine, cpu } = dirty({}, { contract })
      cpu.change(OPERATION_WRITE_OUT, 0, 0, 2)
      const changes = machine.calls.flatMap(({ change }) => change ?? [])
      // What is clean is left alone.
      expect(
        changes.map(({ firstPage, obligations }) => [firstPage - machine.firstPage(0), obligations]),
      ).toEqual([[0, IO]])
      expect(machine.demands().map(({ obligation }) => obligation)).toEqual(contract === 'none' ? [] : [IO])
      expect(machine.passed.map(({ obligation }) => obligation)).toEqual([IO])
      expect(machine.entry(0, 0) & (PRESENT | WRITABLE | DIRTY | BUSY)).toBe(PRESENT)
    },
  )

  test('lets the next store make the page writable again, unless it was protected since', () => {
    const { machine, cpu } = dirty({ changed: () => 1 })
    cpu.change(OPERATION_WRITE_OUT, 0, 0, 2)
    expect(cpu.fault(0, 0, true)).toBe(1)
    expect(machine.entry(0, 0) & WRITABLE).toBe(WRITABLE)
    machine.words[machine.entryWord(0, 0)] |= DIRTY
    cpu.change(OPERATION_WRITE_OUT, 0, 0, 1)
    cpu.change(OPERATION_PROTECT, 0, 0, 1)
    expect(cpu.fault(0, 0, true)).toBe(0)
  })
})
