import { describe, expect, test } from 'vitest'
import type { Cell } from '../dist/src/harness/cells.js'
import type { EngineName } from '../dist/src/harness/job.js'
import { planBlocks } from '../dist/src/harness/plan.js'
import { Progress } from '../dist/src/harness/progress.js'

const cell = (engine: EngineName, cpus: number): Cell => ({
  engine,
  strategy: { name: 's', file: '', parameters: {} },
  workload: { name: 'w', file: '', parameters: {} },
  cpus,
  contract: 'return',
  params: '',
})
const [slow, fast, real] = [cell('sim', 8), cell('sim', 2), cell('threads', 2)]

function progress(isTerminal = true, columns = 80) {
  const written: string[] = []
  const blocks = planBlocks([slow, fast, real], { sim: 1, threads: 1 }, 1)
  const terminal = { isTerminal, columns, write: (text: string) => void written.push(text) }
  return { written, progress: new Progress(terminal, blocks, { sim: 2, threads: 1 }) }
}

describe('progress', () => {
  test('counts a cell as done when its last repetition is', () => {
    const { written, progress: shown } = progress()
    shown.ended(slow, 100)
    shown.ended(fast, 100)
    shown.ended(fast, 100)
    expect(written.at(-1)).toContain('1/3 cells  sim/s/w/2')
    shown.ended(slow, 100)
    expect(written.at(-1)).toContain('2/3 cells  sim/s/w/8')
  })

  test('paints before a threads repetition and not when it ends; the other way round for sim', () => {
    const { written, progress: shown } = progress()
    shown.started(slow)
    expect(written).toEqual([])
    shown.started(real)
    expect(written).toHaveLength(1)
    shown.ended(real, 100)
    expect(written).toHaveLength(1)
  })

  test('estimates what is left from each engine and its lanes', () => {
    const { progress: shown } = progress()
    expect(shown.leftMs()).toBeNull()
    shown.ended(slow, 1000)
    // 3 of sim on 2 lanes, and 2 of threads taken to be as slow.
    expect(shown.leftMs()).toBe(1500 + 2000)
    shown.ended(real, 300)
    expect(shown.leftMs()).toBe(1500 + 300)
  })

  test('is quiet when nobody watches, and never wraps a line', () => {
    const quiet = progress(false)
    quiet.progress.started(real)
    quiet.progress.ended(slow, 1)
    quiet.progress.clear()
    expect(quiet.written).toEqual([])
    const narrow = progress(true, 22)
    narrow.progress.started(real)
    // 4 characters go back to the beginning of the line and erase it.
    expect(narrow.written[0].length - 4).toBeLessThan(22)
  })
})
