import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TreeCopy } from './support/treeCopy.js'

let tree: TreeCopy
let lazy: string
const file = 'results/baseline/sim-lazy.csv'
beforeAll(() => {
  tree = new TreeCopy()
  lazy = readFileSync(tree.path(file), 'utf8')
})
beforeEach(() => writeFileSync(tree.path(file), lazy))
afterAll(() => tree.remove())

async function expectRefused(code: number, args: string[], ...words: string[]): Promise<void> {
  const ended = await tree.gate(...args)
  expect([ended.code, ended.stdout]).toEqual([code, ''])
  expect(ended.stderr.startsWith('error: ')).toBe(true)
  expect(ended.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(4)
  for (const word of words) expect(ended.stderr).toContain(word)
}

const UPDATE = 'npm run gate -- --update'

describe('nothing that may be compared is refused with 3, before anything runs', () => {
  test('no cell that is asked for', () =>
    expectRefused(
      3,
      ['--cells', 'sim/lasy/munmap-storm/2'],
      'no cells',
      ' cells; nearest: ',
      'nearest: sim/lazy/munmap-storm/2',
    ))

  test('no baseline', async () => {
    await expectRefused(3, ['--baseline', 'none'], 'missing base', 'in none', `${UPDATE} --baseline none`)
    await expectRefused(3, ['--baseline', 'src'], 'missing base', 'no file sim-STRATEGY.csv')
    await expectRefused(3, ['--baseline', 'package.json'], 'missing base', 'ENOTDIR')
  })

  test('no samples in one of its files', async () => {
    writeFileSync(tree.path(file), lazy.slice(0, lazy.indexOf('\n') + 1))
    await expectRefused(3, [], `no samples: ${file}`, UPDATE)
  })

  /** What somebody does to the file of the rows of `lazy`, and what must be said beside its name and the remedy. */
  const BROKEN: [what: string, text: (whole: string) => string, word: string][] = [
    ['another schema', (text) => text.replaceAll(/^1,/gm, '2,'), 'has schema_version 2'],
    ['an empty file', () => '', 'is empty'],
    ['a column that is gone', (text) => text.replace(',ipis,', ',interrupts,'), 'lacks the column ipis'],
    ['a conflict that was not resolved', (text) => `<<<<<<< HEAD\n${text}=======\n${text}`, 'is not CSV'],
    ['a file that was cut', (text) => text.slice(0, -20), 'is cut off'],
    ['a figure that is none', (text) => text.replace(/,local,\d+,/, ',local,many,'), 'not an integer'],
    ['a row that is there twice', (text) => text + text.split('\n')[1] + '\n', 'twice'],
  ]
  test.each(BROKEN)('%s', async (_what, change, word) => {
    writeFileSync(tree.path(file), change(lazy))
    await expectRefused(3, [], word, UPDATE)
  })

  test('a file of the baseline that is a directory', async () => {
    rmSync(tree.path(file))
    mkdirSync(tree.path(file))
    await expectRefused(3, [], `cannot read ${file}`, UPDATE)
    rmdirSync(tree.path(file))
  })
})

describe('mistakes on the command line are refused with 2', () => {
  const BAD: [string[], ...string[]][] = [
    [['--update', '--cells', 'lazy'], '--update with --cells', 'leave out --cells'],
    [['--cells', '('], "--cells '('", 'not a regular expression'],
    [['--tolerance', 'ipi=1'], "unknown metric 'ipi'", 'did you mean ipis?'],
    [['--tolerance', 'ops=1'], "unknown metric 'ops'"],
    [['--tolerance', 'ipis'], 'not METRIC=PERCENT'],
    [['--tolerance', 'ipis=-1'], 'not a number of percent'],
    [['--tolerance', 'ipis=1e3'], 'not a number of percent'],
    [['--tolerance', 'ipis='], 'not a number of percent'],
    [['--tolerance', `ipis=${'9'.repeat(400)}`], 'not a number of percent'],
    [['--tolerance', 'ipis=1', '--tolerance', 'ipis=2'], 'given twice'],
    [['--baselin', 'x'], "unknown option '--baselin'", 'did you mean --baseline?'],
    [['--cells'], 'its value is missing'],
    [['update'], "unexpected argument 'update'"],
  ]
  test.each(BAD)('%j', (args, ...words) => expectRefused(2, args, ...words))

  test('a baseline that cannot be made, after the cells have run', async () => {
    tree.edit('dist/bench/gate.js', 'sim: [2, 8, 64]', 'sim: [2]')
    tree.edit('dist/bench/gate.js', "workloads: 'all'", "workloads: 'mprotect-storm'")
    await expectRefused(
      2,
      ['--update', '--baseline', 'package.json/x'],
      '--baseline package.json/x',
      'ENOTDIR',
    )
  })
})
