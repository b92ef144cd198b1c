import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { invariantsOf, OWN_STRATEGIES, simCell, threadsCell, type CellOptions } from './support/runCell.js'

/** One CPU unmaps what the others read; they leave the space now and then and come back. */
const wandering: WorkloadModule = {
  summary: 'several spaces',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write(plan) {
    const handle = plan.handle()
    for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
      const tape = plan.tape(cpu)
      tape.body()
      if (cpu > 0) {
        // Initiators too: an innocent is stopped anywhere, and would begin again in the other space.
        tape.loop(100, () => {
          tape.read(handle, 0, 2)
          tape.switchTo(2)
          tape.compute(3000)
          tape.switchTo(1)
          tape.compute(500)
        })
        continue
      }
      tape.loop(40, () => {
        tape.map(handle, 2, { writable: true })
        tape.write(handle, 0, 2)
        tape.compute(9000)
        tape.op(() => tape.unmap(handle))
        tape.compute(4000)
      })
    }
  },
}

const cell = (strategy: string, more: Partial<CellOptions> = {}): CellOptions => ({
  strategy,
  workload: wandering,
  cpus: 2,
  initiators: more.cpus ?? 2,
  oracle: 'full',
  ...more,
})

describe('a space that is loaded again', () => {
  test('with a translation that was condemned meanwhile is a violation, in virtual time', async () => {
    const result = await simCell(cell('keeps-tags'))
    expect(invariantsOf(result)).toContain('I7')
    const [first] = result.violations.filter(({ invariant }) => invariant === 'I7')
    expect([first.cpu, first.space]).toEqual([1, 1])
    expect(first.message).toContain('after loading space 1 again')
  })

  test('and on threads', async () => {
    const seen = new Set<string>()
    for (const until = performance.now() + 20_000; performance.now() < until && !seen.has('I7');) {
      for (const name of invariantsOf(await threadsCell(cell('keeps-tags')))) seen.add(name)
    }
    expect([...seen]).toContain('I7')
  })

  test('without it is none', async () => {
    const flushes = cell('keeps-tags', { strategyParameters: { flush: 1 } })
    expect((await simCell(flushes)).violations).toEqual([])
    expect((await threadsCell(flushes)).violations).toEqual([])
  })

  test.each(OWN_STRATEGIES)('is none with %s', async (strategy) => {
    expect((await simCell(cell(strategy, { cpus: 4 }))).violations).toEqual([])
    expect((await threadsCell(cell(strategy))).violations).toEqual([])
  })
})
