import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InOrder } from '../dist/src/harness/inOrder.js'
import type { Job, JobResult } from '../dist/src/harness/job.js'
import { runJobs } from '../dist/src/harness/runJobs.js'
import { childrenOf, until } from './support/steeredBench.js'

const ENTRY = join(import.meta.dirname, 'fixtures/cli/child.mjs')
const [ANSWERS, EXITS, DIES, HANGS, FAILS, STAYS, THROWS] = [0, 1, 2, 3, 5, 6, 7]

function job(mode: number, more: { delayMs?: number; repetition?: number; strategy?: string } = {}): Job {
  return {
    engine: 'sim',
    strategy: {
      name: 's',
      file: more.strategy ?? '/s.js',
      parameters: { mode, delayMs: more.delayMs ?? 0, only: -1 },
    },
    workload: { name: 'w', file: '/w.js', parameters: {} },
    cpus: 2,
    profile: {},
    seed: 1,
    repetition: more.repetition ?? 0,
    oracle: 'full',
    warmupMs: 0,
    watchdogMs: 1500,
  }
}

async function run(
  jobs: Job[],
  more: { lanes?: number; entry?: string; signal?: AbortSignal; onEnd?: () => void } = {},
) {
  const ended: [number, JobResult][] = []
  const started: number[] = []
  await runJobs(jobs, {
    entry: more.entry ?? ENTRY,
    lanes: more.lanes ?? 2,
    graceMs: 500,
    signal: more.signal ?? new AbortController().signal,
    onStart: (index) => started.push(index),
    onEnd: (index, result) => {
      ended.push([index, result])
      more.onEnd?.()
    },
  })
  const results = ended.toSorted(([a], [b]) => a - b).map(([, result]) => result)
  return { results, started, order: ended.map(([index]) => index) }
}

const message = (result: JobResult) => (result.status === 'failed' ? result.message : 'did not fail')

describe('a child', () => {
  test('that answers gives its result, and the others run on when one fails', async () => {
    const { results } = await run([
      job(ANSWERS),
      job(EXITS),
      job(DIES),
      job(THROWS),
      job(FAILS),
      job(ANSWERS),
    ])
    expect(results.map((result) => result.status)).toEqual([
      'done',
      'failed',
      'failed',
      'failed',
      'failed',
      'done',
    ])
    expect(message(results[1])).toBe('its process ended without an answer (exit code 7)')
    expect(message(results[2])).toBe('its process ended without an answer (signal SIGSEGV)')
    expect(message(results[3])).toContain('RangeError: planted in the child')
    expect(results[4]).toMatchObject({ cpuStates: ['CPU 1: waits for word 64'] })
  })

  test('that hangs is killed at its limit', async () => {
    const { results } = await run([job(HANGS)])
    expect(message(results[0])).toBe('no answer within 2 s, killed')
    expect(childrenOf(process.pid)).toEqual([])
  })

  test('that answers and stays keeps its answer and is killed', async () => {
    const { results } = await run([job(STAYS)])
    expect(results[0].status).toBe('done')
    expect(childrenOf(process.pid)).toEqual([])
  })

  test('that cannot be loaded says why', async () => {
    const { results } = await run([job(ANSWERS)], { entry: '/nowhere/child.mjs' })
    expect(message(results[0])).toMatch(/exit code 1\)\nError: Cannot find module/)
  })
})

describe('a process', () => {
  test('is kept for jobs of its strategy, and gets none of another', async () => {
    const most = { now: 0 }
    const watch = setInterval(() => (most.now = Math.max(most.now, childrenOf(process.pid).length)), 2)
    const jobs = [0, 1, 2, 3, 4].map((index) =>
      job(ANSWERS, { delayMs: 30, strategy: index % 2 === 0 ? '/a.js' : '/b.js' }),
    )
    const { results } = await run(jobs, { lanes: 1 })
    clearInterval(watch)
    expect(results.map((result) => result.status)).toEqual(jobs.map(() => 'done'))
    expect(most.now).toBe(2)
    expect(childrenOf(process.pid)).toEqual([])
  })
})

describe('lanes', () => {
  test('run side by side, so that a slow one does not hold up the others', async () => {
    const { order } = await run([job(ANSWERS, { delayMs: 800 }), job(ANSWERS), job(ANSWERS)], { lanes: 2 })
    expect(order).toEqual([1, 2, 0])
  })

  test('one lane runs one at a time, in order', async () => {
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, childrenOf(process.pid).length)), 5)
    const { order } = await run([job(ANSWERS, { delayMs: 300 }), job(ANSWERS), job(ANSWERS)], { lanes: 1 })
    clearInterval(watch)
    expect(order).toEqual([0, 1, 2])
    expect(most).toBe(1)
  })
})

describe('an abort', () => {
  test('kills what runs, starts nothing more, and leaves no process', async () => {
    const controller = new AbortController()
    let answers = 0
    const running = run([job(ANSWERS), job(HANGS), job(HANGS), job(HANGS)], {
      signal: controller.signal,
      onEnd: () => answers++,
    })
    await until(() => answers === 1 && childrenOf(process.pid).length === 2, 'one answer, two that hang')
    const begun = performance.now()
    controller.abort()
    const { results, started } = await running
    // By the kill, and not by their own limit of 2 s.
    expect(performance.now() - begun).toBeLessThan(1000)
    expect(childrenOf(process.pid)).toEqual([])
    expect(results.map((result) => result.status)).toEqual(['done'])
    expect(started).toEqual([0, 1, 2])
  })

  test('that came before the start starts nothing', async () => {
    const { started } = await run([job(ANSWERS)], { signal: AbortSignal.abort() })
    expect(started).toEqual([])
  })

  test('also follows when a row cannot be written', async () => {
    const failing = runJobs([job(ANSWERS), job(HANGS), job(ANSWERS)], {
      entry: ENTRY,
      lanes: 2,
      graceMs: 500,
      signal: new AbortController().signal,
      onEnd: () => {
        throw new Error('the disk is full')
      },
    })
    const begun = performance.now()
    await expect(failing).rejects.toThrow('the disk is full')
    expect(performance.now() - begun).toBeLessThan(1000)
    expect(childrenOf(process.pid)).toEqual([])
  })
})

describe('rows', () => {
  const collect = () => {
    const passed: string[] = []
    return { passed, order: new InOrder<string>((item) => passed.push(item)) }
  }

  test('wait for those before them', () => {
    const { passed, order } = collect()
    order.add(2, 'c')
    order.add(1, 'b')
    expect(passed).toEqual([])
    order.add(0, 'a')
    expect(passed).toEqual(['a', 'b', 'c'])
    order.add(3, 'd')
    expect(passed).toEqual(['a', 'b', 'c', 'd'])
  })

  test('that wait for what will not come are passed on at the end, in their order, once', () => {
    const { passed, order } = collect()
    order.add(4, 'e')
    order.add(2, 'c')
    order.flush()
    order.flush()
    expect(passed).toEqual(['c', 'e'])
  })
})
