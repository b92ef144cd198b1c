import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, start } from './support/steeredBench.js'

/** The template of docs/writing-a-strategy.md, as somebody uses it who has installed the package. */
const folder = mkdtempSync(join(tmpdir(), 'shootdown-own-'))
beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules', 'shootdown'))
  const template = templateOf(readFileSync(join(ROOT, 'docs', 'writing-a-strategy.md'), 'utf8'))
  writeFileSync(join(folder, 'mine.mjs'), template)
  // A handler that answers and drops nothing.
  const broken = template.replace('if (asking !== 0) cpu.invalidateAll()\n', '')
  if (broken === template) throw new Error('the template has another handler')
  writeFileSync(join(folder, 'broken.mjs'), broken)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function templateOf(page: string): string {
  const blocks = [...page.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1])
  if (blocks.length !== 1) throw new Error(`${blocks.length} templates`)
  return blocks[0]
}

const shootdown = (...args: string[]) =>
  start('node_modules/shootdown/dist/scripts/shootdown.js', args, folder).ended

const COMMANDS = [
  ['bench', '--quick', '--engine', 'sim', '--workload', 'munmap-storm', '--out', 'run'],
  ['conform', '--tapes', '5'],
  ['explore', '--case', 'steps', '--budget', '20'],
]

describe.each(COMMANDS)('%s', (command, ...args) => {
  test('takes a strategy from outside, and lets the template pass', { timeout: 90_000 }, async () => {
    const ended = await shootdown(command, '--strategy', './mine.mjs', ...args)
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stdout).toContain('mine')
  })

  test('and catches it when it is broken', { timeout: 90_000 }, async () => {
    const elsewhere = args.map((arg) => (arg === 'run' ? 'broken' : arg))
    expect((await shootdown(command, '--strategy', './broken.mjs', ...elsewhere)).code).toBe(4)
  })
})
