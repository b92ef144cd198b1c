import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { loadStrategy, loadWorkload } from '../dist/src/harness/loadModule.js'
import { moduleFile, moduleNames } from '../dist/src/registry.js'
import { usageErrorOf } from './support/usage.js'

const folder = mkdtempSync(join(tmpdir(), 'shootdown-modules-'))
afterAll(() => rmSync(folder, { recursive: true }))

const steered = pathToFileURL(join(import.meta.dirname, 'fixtures/cli/steered.mjs')).href
const work = pathToFileURL(join(import.meta.dirname, 'fixtures/cli/work.mjs')).href
let files = 0

/** A file whose default export is a sound module with some fields replaced; undefined takes one away. */
function variant(of: string, replaced: string): string {
  const file = join(folder, `v${files++}.mjs`)
  writeFileSync(
    file,
    `import sound from '${of}'\nconst all = { ...sound, ...${replaced} }\nexport default Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined))\n`,
  )
  return file
}

describe('a strategy by path', () => {
  test('is loaded under the name that was typed', async () => {
    const name = './test/fixtures/cli/steered.mjs'
    const { file, module } = await loadStrategy(name)
    expect([file, module.summary]).toEqual([
      join(import.meta.dirname, 'fixtures/cli/steered.mjs'),
      'steers the child of the tests',
    ])
    expect((await loadStrategy(name)).name).toBe(name)
  })

  test.each([
    ['{ sumary: "x" }', "unknown field 'sumary'", 'did you mean summary?'],
    ['{ privateWord: () => ({}) }', "unknown field 'privateWord'", 'did you mean privateWords?'],
    ['{ words: undefined }', 'its module lacks words', 'add words (function)'],
    ['{ create: 3 }', 'create of its module is a number', 'make it a function'],
    ['{ parameters: null }', 'parameters of its module is a object', ''],
    ['{ parameters: { "a-b": {} } }', "parameter 'a-b' is no name that can be typed", ''],
    ['{ parameters: { a: { default: 1.5 } } }', "parameter 'a': default is not a whole number", ''],
    [
      '{ parameters: { a: { default: 9, min: 1, max: 5, unit: "", summary: "", source: "" } } }',
      'default 9 is outside 1 to 5',
      '',
    ],
    [
      '{ parameters: { a: { default: 1, min: 1, max: 5, unit: "", summary: "", source: "", quick: 6 } } }',
      'quick 6 is outside 1 to 5',
      '',
    ],
    ['{ parameters: { a: { default: 1, min: 1, max: 5, unit: "", summary: "" } } }', 'source is no text', ''],
    [
      '{ parameters: { a: { default: 1, min: 1, max: 5, unit: "", summary: "", source: "", maximum: 6 } } }',
      "unknown field 'maximum'",
      '',
    ],
  ])('with %s is refused', async (replaced, reason, remedy) => {
    const message = await usageErrorOf(() => loadStrategy(variant(steered, replaced)))
    expect(message).toContain(reason)
    expect(message).toContain(remedy)
  })

  test('that is missing, is no module, throws or exports nothing is refused', async () => {
    const broken = join(folder, 'broken.mjs')
    writeFileSync(broken, 'export default {')
    const throwing = join(folder, 'throwing.mjs')
    writeFileSync(throwing, 'throw new Error("planted\\nmore")')
    const empty = join(folder, 'empty.mjs')
    writeFileSync(empty, 'export const x = 1')
    expect(await usageErrorOf(() => loadStrategy('./nowhere.js'))).toContain('there is no file /')
    expect(await usageErrorOf(() => loadStrategy('./mine.ts'))).toContain('compile it (tsc)')
    expect(await usageErrorOf(() => loadStrategy(folder + '/'))).toContain('only compiled modules can run')
    expect(await usageErrorOf(() => loadStrategy(broken))).toContain('cannot be loaded')
    expect(await usageErrorOf(() => loadStrategy(throwing))).toContain('cannot be loaded: planted')
    expect(await usageErrorOf(() => loadStrategy(empty))).toContain('no default export that is an object')
  })
})

describe('a workload by path', () => {
  test('may not declare what every workload has', async () => {
    const own =
      '{ parameters: { readers: { default: 1, min: 1, max: 5, unit: "", summary: "", source: "" } } }'
    expect(await usageErrorOf(() => loadWorkload(variant(work, own)))).toContain(
      "'readers' is one that every workload has",
    )
  })

  test('is not a strategy', async () => {
    expect(await usageErrorOf(() => loadStrategy('./test/fixtures/cli/work.mjs'))).toContain(
      "unknown field 'op'",
    )
  })
})

describe('the folders', () => {
  test('hold modules that pass the same check, under the names of their files', async () => {
    for (const name of moduleNames('strategy'))
      expect((await loadStrategy(name)).file).toBe(moduleFile('strategy', name))
    for (const name of moduleNames('workload'))
      expect((await loadWorkload(name)).file).toBe(moduleFile('workload', name))
    expect(moduleNames('strategy')).not.toContain('shared')
  })

  test('a name that they do not hold is no file', async () => {
    expect(moduleFile('strategy', '../registry')).toBeUndefined()
    expect(await usageErrorOf(() => loadStrategy('nonesuch'))).toContain('there is no strategy of this name')
  })
})
