import { describe, expect, test } from 'vitest'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { violationsOf } from '../dist/src/engines/brokenRun.js'
import { simCell, threadsCell, type CellOptions } from './support/runCell.js'

/** Pages are unmapped under the eyes of another CPU, then more are mapped than there are frames. */
const breaking: WorkloadModule = {
  summary: 'violates, then throws',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write(plan) {
    const [handle, large] = [plan.handle(), plan.handle()]
    for (let cpu = 0; cpu < plan.cpuCount; cpu++) {
      const tape = plan.tape(cpu)
      if (cpu === 0) tape.map(large, 200, { writable: true })
      tape.body()
      if (cpu > 0) {
        tape.read(handle, 0, 4)
        tape.compute(200)
        continue
      }
      tape.map(handle, 4, { writable: true })
      tape.write(handle, 0, 4)
      tape.awaitReaders()
      tape.op(() => tape.unmap(handle))
      tape.awaitReaders()
      tape.write(large, 0, 200)
    }
  },
}

const cell: CellOptions = {
  strategy: 'local-only',
  workload: breaking,
  cpus: 2,
  oracle: 'full',
  profileSets: ['memory.frames=64', 'memory.listBatch=1'],
}

/** A CPU that pauses while another one makes more events than the journal holds. */
const unequal: WorkloadModule = {
  ...breaking,
  write(plan) {
    const handle = plan.handle()
    const [busy, pausing] = [plan.tape(0), plan.tape(1)]
    busy.body()
    busy.loop(900, () => {
      busy.map(handle, 16, { writable: true })
      busy.write(handle, 0, 16)
      busy.op(() => busy.unmap(handle))
    })
    pausing.body()
    pausing.op(() => pausing.pause(400_000_000))
  },
}

describe.each([
  ['sim', simCell],
  ['threads', threadsCell],
] as const)('in %s', (_engine, run) => {
  test('what was found before a run threw comes with its error', async () => {
    const error: unknown = await run(cell).then(
      () => expect.fail('nothing was thrown'),
      (reason: unknown) => reason,
    )
    expect((error as Error).message).toContain('all 64 frames')
    const found = violationsOf(error)
    expect(found.map(({ invariant }) => invariant)).toContain('I6')
    expect(found.some(({ cpu }) => cpu === 1)).toBe(true)
  })

  test('a CPU that pauses reads what passes meanwhile', async () => {
    const options = { ...cell, strategy: 'batched', workload: unequal, initiators: 2, readers: 0, passes: 1 }
    const result = await run({ ...options, profileSets: ['memory.frames=8192'] })
    expect(result.violationCount).toBe(0)
  })
})
