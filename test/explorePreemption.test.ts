import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena } from '../dist/src/engines/explore/arena.js'
import { PREEMPTED, StepLog, type Preemption } from '../dist/src/engines/explore/stepLog.js'

/** A hook of two registers: what it does to shared words, one access after the other. */
type Access = { what: 'load' | 'store' | 'add'; word: number; by: number }
type Program = readonly Access[]

const SHARED = 2
const LOGS = 16
const STATE = { done: 4 }

/** What is in the shared words when all hooks are over, by all schedules of the explorer's kind of step. */
function explored(programs: readonly Program[], preemption: Preemption): Set<string> {
  const arena = new Arena(new Int32Array(LOGS + programs.length * (1 + StepLog.words)))
  const log = new StepLog(arena)
  log.preemption = preemption
  arena.begin()
  const isDone = (cpu: number) => arena.words[STATE.done + cpu] === 1
  const access = ({ what, word, by }: Access, register: number): number => {
    if (!log.point()) return log.value
    const before = arena.words[word]
    if (what === 'store') arena.set(word, register + by)
    if (what === 'add') arena.set(word, before + by)
    return log.keep(before)
  }
  const step = (cpu: number): void => {
    log.begin(LOGS + cpu * (1 + StepLog.words))
    try {
      let register = 0
      for (const each of programs[cpu]) {
        const before = access(each, register)
        if (each.what !== 'store') register = before
      }
    } catch (error) {
      if (error !== PREEMPTED) throw error
      log.leave()
      return
    }
    log.clear()
    arena.set(STATE.done + cpu, 1)
  }
  const ends = new Set<string>()
  const visit = (): void => {
    const { trailLength, hashLow, hashHigh } = arena
    const open = programs.flatMap((_, cpu) => (isDone(cpu) ? [] : [cpu]))
    if (open.length === 0) ends.add(arena.words.subarray(0, SHARED).join())
    for (const cpu of open) {
      step(cpu)
      visit()
      arena.undoTo(trailLength, hashLow, hashHigh)
    }
  }
  visit()
  return ends
}

/** The same by hand: every merge of the accesses, or of whole programs. */
function merged(programs: readonly Program[], isWhole: boolean): Set<string> {
  const ends = new Set<string>()
  const visit = (words: readonly number[], at: readonly number[], registers: readonly number[]): void => {
    if (programs.every((program, cpu) => at[cpu] === program.length)) ends.add(words.join())
    for (const [cpu, program] of programs.entries()) {
      if (at[cpu] === program.length) continue
      const memory = [...words]
      const to = [...at]
      const register = [...registers]
      do {
        const { what, word, by } = program[to[cpu]++]
        if (what === 'store') memory[word] = register[cpu] + by
        else {
          register[cpu] = memory[word]
          if (what === 'add') memory[word] += by
        }
      } while (to[cpu] < (isWhole ? program.length : 0))
      visit(memory, to, register)
    }
  }
  const zeros = programs.map(() => 0)
  visit(
    Array.from({ length: SHARED }, () => 0),
    zeros,
    zeros,
  )
  return ends
}

const INCREMENT: Program = [
  { what: 'load', word: 0, by: 0 },
  { what: 'store', word: 0, by: 1 },
]

describe('preemption', () => {
  test('between load and store loses an increment; whole hooks do not', () => {
    expect(explored([INCREMENT, INCREMENT], 'hooks')).toEqual(new Set(['2,0', '1,0']))
    expect(explored([INCREMENT, INCREMENT], 'none')).toEqual(new Set(['2,0']))
  })

  test('reaches exactly what all merges of the accesses reach', () => {
    const access = fc.record({
      what: fc.constantFrom<Access['what'][]>('load', 'store', 'add'),
      word: fc.nat({ max: SHARED - 1 }),
      by: fc.integer({ min: 1, max: 3 }),
    })
    const programs = fc.array(fc.array(access, { minLength: 1, maxLength: 4 }), {
      minLength: 2,
      maxLength: 2,
    })
    fc.assert(
      fc.property(programs, (list) => {
        expect(explored(list, 'hooks')).toEqual(merged(list, false))
        expect(explored(list, 'all')).toEqual(merged(list, false))
        expect(explored(list, 'none')).toEqual(merged(list, true))
      }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.array(access, { minLength: 1, maxLength: 2 }), { minLength: 3, maxLength: 3 }),
        (list) => {
          expect(explored(list, 'hooks')).toEqual(merged(list, false))
        },
      ),
      { numRuns: 30 },
    )
  })

  test('leaves no trace in the state when the hook is over', () => {
    const arena = new Arena(new Int32Array(8 + StepLog.words))
    const log = new StepLog(arena)
    log.preemption = 'hooks'
    arena.begin()
    log.begin(4)
    expect(log.point()).toBe(true)
    log.keep(77)
    expect(() => log.point()).toThrow(expect.objectContaining({ name: 'Preempted' }))
    log.leave()
    expect(arena.hashLow).not.toBe(0)
    log.begin(4)
    expect([log.isReplaying, log.point(), log.value, log.isReplaying]).toEqual([true, false, 77, false])
    log.clear()
    expect([arena.hashLow, arena.hashHigh]).toEqual([0, 0])
  })

  test('nobody comes in front of what is quiet, nor in front of the kernel side unless everything is asked for', () => {
    for (const [preemption, isPreempted] of [
      ['none', false],
      ['hooks', false],
      ['all', true],
    ] as const) {
      const log = new StepLog(new Arena(new Int32Array(8 + StepLog.words)))
      log.preemption = preemption
      log.begin(4)
      log.point()
      log.keep(0)
      expect(log.quiet()).toBe(true)
      log.keep(0)
      if (isPreempted) expect(() => log.kernelPoint()).toThrow(expect.objectContaining({ name: 'Preempted' }))
      else expect(log.kernelPoint()).toBe(true)
    }
  })
})
