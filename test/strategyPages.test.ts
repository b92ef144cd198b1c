import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import { moduleNames } from '../dist/src/registry.js'
import { strategyIndex, strategyPage } from '../dist/src/report/strategyPage.js'
import { loadAlone, ROOT } from './support/runCell.js'

const FOLDER = join(ROOT, 'docs', 'strategies')
const NAMES = moduleNames('strategy')
const REMEDY = 'run: npm run build && UPDATE_DOCS=1 npx vitest run test/strategyPages.test.ts'
const isUpdating = (process.env['UPDATE_DOCS'] ?? '') !== ''

const sourceOf = (name: string) => readFileSync(join(ROOT, 'src', 'strategies', `${name}.ts`), 'utf8')

function expectWritten(file: string, text: string): void {
  if (isUpdating) writeFileSync(file, text)
  expect(readFileSync(file, 'utf8') === text, REMEDY).toBe(true)
}

test.each(NAMES)('docs/strategies/%s.md is what its file says', async (name) => {
  const page = strategyPage(name, sourceOf(name), await loadAlone(name))
  if (isUpdating) mkdirSync(FOLDER, { recursive: true })
  expectWritten(join(FOLDER, `${name}.md`), page)
  for (const section of [
    'State',
    'Who does what',
    'Why it is safe',
    'Counts',
    'What differs from the source',
  ])
    expect(page).toContain(`\n## ${section}\n`)
})

test('docs/strategies.md has all of them, and the folder no other page', async () => {
  const modules = new Map<string, StrategyModule>()
  for (const name of NAMES) modules.set(name, await loadAlone(name))
  expectWritten(join(ROOT, 'docs', 'strategies.md'), strategyIndex(modules))
  expect(readdirSync(FOLDER).map((file) => basename(file, '.md'))).toEqual(NAMES)
})

test('a strategy without its page is told', async () => {
  const module = await loadAlone('immediate')
  const bare = sourceOf('immediate').replace(/\/\*\*\n( \*[^\n]*\n)+export default/, 'export default')
  expect(bare).not.toBe(sourceOf('immediate'))
  expect(() => strategyPage('immediate', bare, module)).toThrow(
    'src/strategies/immediate.ts has no doc comment',
  )
  // One that belongs to something else is not taken for it.
  const other = bare.replace('export default {', '/**\n * Else.\n */\nconst x = 1\nexport default {')
  expect(() => strategyPage('immediate', other, module)).toThrow('has no doc comment')
})
