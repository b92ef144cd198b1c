import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createRunFolder, runFolderAt } from '../dist/src/records/runFolder.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shootdown-folder-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const startedAt = new Date('2026-02-03T04:05:06.789Z')
const create = (out: string | null, label = 'bench') => createRunFolder({ out, label, startedAt, root })
const refusal = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    expect(error).toHaveProperty('name', 'UsageError')
    expect((error as Error).message.split('\n').length).toBeLessThanOrEqual(4)
    return (error as Error).message
  }
  return 'accepted'
}

describe('the default folder', () => {
  test('is named after the time in UTC and the label, and is empty', () => {
    const { folder, runId } = create(null)
    expect(runId).toBe('20260203T040506Z-bench')
    expect(folder.path).toBe(join(root, 'results', 'runs', runId))
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('is another one for each run of the same second', () => {
    const ids = [create(null), create(null), create(null, 'other')].map((run) => run.runId)
    expect(ids).toEqual(['20260203T040506Z-bench', '20260203T040506Z-bench-2', '20260203T040506Z-other'])
    expect(readdirSync(join(root, 'results', 'runs'))).toEqual(ids)
  })

  test.each(['', '../x', 'a b', '-x', '.', 'a/b', 'x'.repeat(65)])('refuses the label %j', (label) => {
    expect(refusal(() => create(null, label))).toContain(`--label ${label}`)
    expect(existsSync(join(root, 'results'))).toBe(false)
  })
})

describe('--out', () => {
  test('is the folder itself, made with its parents', () => {
    const { folder, runId } = create(join(root, 'a', 'b'))
    expect(folder.path).toBe(join(root, 'a', 'b'))
    expect(readdirSync(folder.path)).toEqual([])
    expect(runId).toBe('20260203T040506Z-bench')
  })

  test('may exist and be empty', () => {
    expect(create(root).folder.path).toBe(root)
  })

  test('is refused when not empty, and says what is in it and how to go on', () => {
    writeFileSync(join(root, 'samples.csv'), '')
    writeFileSync(join(root, 'b'), '')
    expect(refusal(() => create(root))).toMatch(/holds b and 1 more[^]*--resume/)
    expect(readdirSync(root)).toEqual(['b', 'samples.csv'])
  })

  test('is refused when it is a file, or below one', () => {
    writeFileSync(join(root, 'file'), '')
    expect(refusal(() => create(join(root, 'file')))).toContain('it is a file, or lies below one')
    expect(refusal(() => create(join(root, 'file', 'x', 'y')))).toContain('it is a file, or lies below one')
  })

  test('is refused when it is not writable', () => {
    // Root may write to any folder but to those of the kernel.
    const closed = process.getuid?.() === 0 ? '/sys/kernel' : join(root, 'closed')
    if (!closed.startsWith('/sys')) mkdirSync(closed)
    if (!closed.startsWith('/sys')) chmodSync(closed, 0o555)
    expect(refusal(() => create(join(closed, 'run')))).toMatch(/it is not writable[^]*--out/)
  })

  test('is refused when it is empty text', () => {
    expect(refusal(() => create(' '))).toContain('--out is empty')
  })
})

test('the files of a run', () => {
  expect(runFolderAt('some/run')).toEqual({
    path: resolve('some/run'),
    samplesCsv: resolve('some/run/samples.csv'),
    summaryCsv: resolve('some/run/summary.csv'),
    runJson: resolve('some/run/run.json'),
    datapackageJson: resolve('some/run/datapackage.json'),
  })
})
