import { describe, expect, test } from 'vitest'
import { OPERATION_ADVISE_AWAY } from '../dist/src/contract/operation.js'
import { SETTLED } from '../dist/src/contract/ticket.js'
import { RETRY } from '../dist/src/pagetable/routine.js'
import { BareMachine, type BareOptions, type Script } from './support/bareKernel.js'

const WRITABLE = 2
const VA_REUSE = 128
const FRAMES = 64

/** Two CPUs, and one mapping with more pages than there are frames; the first CPU has mapped all frames but `spare`. */
function short(spare: number, script: Script = {}, options: BareOptions = {}) {
  const sets = [`memory.frames=${FRAMES}`, 'memory.listBatch=1']
  const machine = new BareMachine(script, { cpuCount: 2, sets, maxOperationPages: FRAMES, ...options })
  const [first, second] = machine.cpus
  first.map(0, FRAMES + 2, WRITABLE)
  for (let page = 0; page < FRAMES - spare; page++) expect(first.fault(0, page)).toBe(1)
  return { machine, first, second }
}

describe('a CPU that is short of frames', () => {
  const settled: Script = { changed: () => SETTLED }

  test('takes one from the free list of another CPU', () => {
    const { machine, first, second } = short(0, settled)
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    expect(machine.freeCount(0)).toBe(2)
    expect(second.fault(0, FRAMES)).toBe(1)
    expect(second.fault(0, FRAMES + 1)).toBe(1)
    expect([machine.freeCount(0), machine.freeCount(1)]).toEqual([0, 0])
    expect(() => second.fault(0, 0)).toThrow(`all ${FRAMES} frames`)
  })

  test('waits for a list that is locked, and leaves no trace', () => {
    const { machine, first, second } = short(0, settled)
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    const list = machine.placed.freeLists.base
    expect(machine.frames.tryLock(list)).toBe(true)
    second.startFault(0, FRAMES, true)
    second.stepUntil(() => second.kernel.step() === RETRY)
    const [words, position] = [machine.words.slice(), second.context.p.slice()]
    expect(second.kernel.step()).toBe(RETRY)
    expect(machine.words.every((word, at) => word === words[at])).toBe(true)
    expect(second.context.p).toEqual(position)
    machine.frames.unlock(list)
    expect(second.run()).toBe(1)
  })

  test('waits for the frames that another CPU is just demanding', () => {
    const { machine, first, second } = short(0)
    first.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    machine.script.demanded = (port) => (port.id === 0 ? port.zero(machine.waitWord) : 0)
    machine.words[machine.waitWord] = 1
    // The first CPU claims the one frame that is held, and waits for its ticket.
    first.startFault(0, FRAMES, true)
    first.stepUntil(() => machine.hooks().includes('demanded'))
    second.startFault(0, 0, true)
    second.stepUntil(() => second.kernel.step() === RETRY)
    first.kernel.resume()
    expect(first.run()).toBe(1)
    expect(() => second.run()).toThrow(`all ${FRAMES} frames`)
  })

  test('waits for an operation that has frames in its log', () => {
    const { machine, first, second } = short(0)
    machine.words[machine.waitWord] = 1
    machine.script.finished = (port) => (port.id === 0 ? port.zero(machine.waitWord) : 0)
    first.kernel.change(OPERATION_ADVISE_AWAY, 0, 0, 1, 0)
    first.stepUntil(() => machine.hooks().includes('finished'))
    second.startFault(0, FRAMES, true)
    second.stepUntil(() => second.kernel.step() === RETRY)
    first.kernel.resume()
    first.run()
    expect(second.run()).toBe(1)
  })

  test('needs no frame any more if another CPU was faster with the page', () => {
    const { machine, first, second } = short(1)
    // The second CPU has found the entry empty and waits for its list; then the first one takes the last frame.
    const list = machine.placed.freeLists.base + machine.placed.freeLists.stride
    machine.frames.tryLock(list)
    second.startFault(0, FRAMES, true)
    second.stepUntil(() => second.kernel.step() === RETRY)
    first.startFault(0, FRAMES, true)
    expect(first.run()).toBe(1)
    machine.frames.unlock(list)
    expect(second.run()).toBe(1)
    expect(() => second.fault(0, FRAMES + 1)).toThrow(`all ${FRAMES} frames`)
  })
})

describe('a fault that installs a page', () => {
  test('tells of the reuse of the address once, however often its entry changes meanwhile', () => {
    const machine = new BareMachine({ changed: () => SETTLED }, {})
    const [cpu] = machine.cpus
    cpu.map(0, 1, WRITABLE)
    cpu.fault(0, 0)
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
    machine.passed.length = 0
    const word = machine.entryWord(0, 0)
    let races = 0
    machine.memory.beforeCompareExchange = (at) => {
      if (at !== word || races === 2) return
      // Another CPU's protection is noted in the empty entry just before.
      machine.words[word] ^= 1 << 10
      races++
    }
    cpu.startFault(0, 0, false)
    let retries = 0
    while (!cpu.kernel.isIdle) if (cpu.kernel.step() === RETRY) retries++
    expect(races).toBe(2)
    expect(retries).toBeGreaterThan(0)
    expect(machine.passed.filter(({ obligation }) => obligation === VA_REUSE).length).toBe(1)
    expect(machine.entry(0, 0) & 256).toBe(0)
  })
})
