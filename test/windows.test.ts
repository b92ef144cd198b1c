import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { moduleNames } from '../dist/src/registry.js'
import { simCell, threadsCell } from './support/runCell.js'

/** Windows beside everything else, several at a time, in two spaces, while all CPUs change the same pages. */
const MIXED: WorkloadModule = {
  summary: 'windows among other operations',
  source: 'none',
  op: 'one round',
  parameters: {},
  write: (plan) => {
    plan.window(8)
    const shared = plan.handle()
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const [long, short, other, guest] = [plan.handle(), plan.handle(), plan.handle(), plan.handle()]
      if (cpu === 0) tape.map(shared, 4, { writable: true })
      tape.body()
      for (let round = 0; round < 8; round++) {
        tape.op(() => {
          tape.get(long, 1 + plan.random(2), plan.random(4096))
          tape.write(shared, 0, 4)
          for (let i = 0; i < 3; i++) {
            tape.get(short, 1 + plan.random(3), plan.random(4096))
            tape.readKernel(short, 0, 1)
            if (plan.random(2) === 0) tape.adviseAway(shared, plan.random(4), 1)
            tape.put(short)
          }
          tape.readKernel(long, 0, 1)
          tape.put(long)
        })
        tape.batch(() => {
          tape.adviseAway(shared, plan.random(4), 1)
          tape.get(short, 3, round)
          tape.readKernel(short, 0, 3)
          tape.put(short)
          tape.get(short, 3, round)
          tape.put(short)
        })
        if (plan.random(3) > 0) continue
        tape.switchTo(2 + (cpu % 2))
        tape.map(guest, 2, { writable: true, guest: true })
        tape.write(guest, 0, 2)
        tape.get(other, 2, 7)
        tape.readKernel(other, 0, 2)
        tape.put(other)
        tape.unmap(guest)
        tape.switchTo(1)
      }
    }
  },
}

describe('every strategy keeps windows right', () => {
  test.each(moduleNames('strategy'))('%s', async (name) => {
    const cell = { strategy: name, workload: MIXED, cpus: 4, initiators: 3, oracle: 'full' } as const
    const { violations, contract } = await simCell(cell)
    expect(contract === 'none' ? [] : violations).toEqual([])
  })

  test('and one that flushes nothing is found', async () => {
    const { violationCount } = await simCell({ strategy: 'never', workload: MIXED, cpus: 2, oracle: 'full' })
    expect(violationCount).toBeGreaterThan(0)
  })

  test('on real threads', async () => {
    for (const strategy of ['mermap', 'lazy']) {
      const { violations } = await threadsCell({
        strategy,
        workload: MIXED,
        cpus: 2,
        initiators: 2,
        oracle: 'full',
      })
      expect(violations).toEqual([])
    }
  })
})
