import { describe, expect, test } from 'vitest'
import type { Port } from '../dist/src/contract/port.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { COST_NAMES } from '../dist/src/machine/costs.js'
import { loadProfile } from '../dist/src/machine/profile.js'
import type { WorkloadModule } from '../dist/src/contract/workload.js'
import { loadStrategy, simCell } from './support/runCell.js'
import { usageErrorOf } from './support/usage.js'

const SEND_NS = 100
const CPUS = 96

const oneOp: WorkloadModule = {
  summary: 'one change',
  source: 'none',
  op: 'one unmap',
  parameters: {},
  write: (plan) => {
    const tape = plan.tape(0)
    const handle = plan.handle()
    tape.body()
    tape.map(handle, 1, { writable: true })
    tape.write(handle, 0, 1)
    tape.op(() => tape.unmap(handle))
  },
}

/** What CPU 0 is charged for one call of a port, nanoseconds, and how many interrupts it counts for a pass. */
async function sends(clusterSize: number | null, call: (cpu: Port, set: number) => void) {
  const times = new Set<number>()
  const module = await loadStrategy('immediate')
  const timing: StrategyModule = {
    ...module,
    privateWords: (shape, parameters) => ({ ...module.privateWords(shape, parameters), probe: 3 }),
    create: (host) => {
      const inner = module.create(host)
      const finished = inner.finished.bind(inner)
      inner.finished = (cpu, operation) => {
        const before = cpu.now()
        call(cpu, host.privates['probe'])
        times.add(Math.round((cpu.now() - before) * 1000) / 1000)
        return finished(cpu, operation)
      }
      return inner
    },
  }
  const set = [`costsPs.interruptSend=${SEND_NS * 1000}`]
  if (clusterSize !== null) set.push(`interrupts.clusterSize=${clusterSize}`)
  const { figures } = await simCell({
    strategy: 'timed',
    module: timing,
    workload: oneOp,
    cpus: CPUS,
    readers: 0,
    profileSets: ['memory.frames=8192', ...set],
  })
  expect(times.size).toBe(1)
  return { ns: [...times][0], ipis: figures.ipis }
}

function setOf(targets: readonly number[]) {
  return (cpu: Port, set: number) => {
    for (let word = 0; word < 3; word++) cpu.set(set + word, 0)
    for (const target of targets)
      cpu.set(set + (target >> 5), cpu.get(set + (target >> 5)) | (1 << (target & 31)))
    cpu.interruptSet(set)
  }
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index)

describe('interrupts to a set of CPUs', () => {
  test.each([1, 15, 16, 17, 32, 33, 80])(
    '%i of them, side by side from the first of a cluster',
    async (count) => {
      const own = await sends(16, setOf(from(16, count)))
      expect(own.ns).toBe(Math.ceil(count / 16) * SEND_NS)
      const serial = await sends(null, setOf(from(16, count)))
      expect(serial.ns).toBe(count * SEND_NS)
      // One for each target, however they are sent.
      expect(own.ipis).toBe(serial.ipis)
    },
  )

  test.each<[string, number[], number]>([
    ['across a border', from(14, 4), 2],
    ['one in each cluster', [3, 19, 35, 51, 67, 83], 6],
    ['with holes', [1, 5, 15, 16, 95], 3],
    ['nobody', [], 0],
  ])('%s', async (_name, targets, commands) => {
    expect((await sends(16, setOf(targets))).ns).toBe(commands * SEND_NS)
  })

  test('to all but itself, and one by one', async () => {
    expect((await sends(16, (cpu) => cpu.interruptAllButSelf())).ns).toBe((CPUS / 16) * SEND_NS)
    expect((await sends(1, (cpu) => cpu.interruptAllButSelf())).ns).toBe((CPUS - 1) * SEND_NS)
    const each = await sends(16, (cpu) => from(1, 5).forEach((target) => cpu.interruptOne(target)))
    expect(each.ns).toBe(5 * SEND_NS)
  })
})

describe('the profile', () => {
  test('says how many one command reaches', () => {
    expect(loadProfile('icelake-2s64c', []).profile.interrupts?.clusterSize.value).toBe(1)
    expect(loadProfile('kvm-guest', []).profile.interrupts?.clusterSize.value).toBe(16)
    expect(loadProfile('milan-1s72c', []).profile.interrupts).toBeUndefined()
  })

  test('refuses a cluster of nobody', async () => {
    const message = await usageErrorOf(() => loadProfile('icelake-2s64c', ['interrupts.clusterSize=0']))
    expect(message).toContain('interrupts.clusterSize.value')
  })

  test('of a guest says of each value where it comes from', () => {
    const { profile } = loadProfile('kvm-guest', [])
    const native = loadProfile('icelake-2s64c', []).profile
    const OWN = [
      'walkLevel',
      'switchSpace',
      'interruptSend',
      'deliverSibling',
      'deliverSameSocket',
      'deliverOtherSocket',
    ]
    for (const name of COST_NAMES) {
      const { value, source } = profile.costsPs[name]
      expect(source.startsWith('as icelake-2s64c: '), name).toBe(!OWN.includes(name))
      if (!OWN.includes(name)) expect(value, name).toBe(native.costsPs[name].value)
    }
    // Into the handler: 1733 ns from the beginning of the send.
    expect(profile.costsPs.interruptSend.value + profile.costsPs.deliverSameSocket.value).toBe(1_733_000)
  })
})
