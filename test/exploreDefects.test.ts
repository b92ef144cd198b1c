import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from './support/runCell.js'

const defectFiles = readdirSync(join(ROOT, 'dist/src/testing/defects')).filter((name) => name.endsWith('.js'))

function exploreDefects(...args: string[]) {
  return spawnSync(process.execPath, ['dist/scripts/explore.js', '--defects', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  })
}

const page = readFileSync(join(ROOT, 'docs/defects.md'), 'utf8')
/** The cells of each row, the headings first. */
const tableOfPage = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.slice(2, -2).split(' | '))

/** As the page has them, of a table for the terminal: its columns are two spaces apart or more. */
const tableOfTerminal = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/))

/** Of five invariants; on tapes in virtual time soon, late or never; one that needs broadcasts. */
const SAMPLE = [
  'compares-serials',
  'frees-tables-by-broadcast',
  'clears-row-late',
  'generation-wraps',
  'acknowledges-first',
  'revoke-is-relaxed',
]

describe('explore --defects', () => {
  test('the page of the docs has a row for each defect, and says that each is found and no base reported', () => {
    const names = tableOfPage.slice(1).map(([name]) => name)
    expect(names.toSorted()).toEqual(defectFiles.map((name) => basename(name, '.js')).toSorted())
    expect(page).toContain(`${names.length} of ${names.length} are found.`)
    expect(page).not.toContain('REPORTED')
  })

  test('the page says what a run says', () => {
    const [headings, ...rows] = tableOfTerminal(exploreDefects(SAMPLE.join(',')).stdout)
    expect(tableOfPage[0]).toEqual(headings)
    // Real workers are not asked here, and say something else each time.
    const lastColumn = headings.indexOf('threads')
    const fixed = (cells: readonly string[]) => cells.filter((_, column) => column !== lastColumn)
    expect(rows.map(([name]) => name)).toEqual(SAMPLE)
    for (const row of rows) {
      const ofPage = tableOfPage.find(([name]) => name === row[0]) ?? []
      expect(fixed(ofPage)).toEqual(fixed(row))
    }
  })

  // A step that breaks something, a delivery, and a circle.
  test.each([
    ['targets-before-write', 'begins switch'],
    ['broadcast-before-write', 'drops what CPU 0 has broadcast: 1 pages from 1 under tag 1'],
    ['serves-after-sending', ''],
  ])('%s: its schedule, and a command that replays it to the same finding', (name, row) => {
    const found = exploreDefects(name)
    expect(found.status).toBe(0)
    const [finding] = /^I\d+: .*/m.exec(found.stdout) ?? ['none']
    expect(found.stdout).toContain(row)
    const command = `reproduce: npm run explore -- --defects ${name} --replay `
    const printed = found.stdout.split('\n').find((line) => line.startsWith(command)) ?? ''
    const schedule = printed.slice(command.length).replaceAll("'", '')
    const replayed = exploreDefects(name, '--replay', schedule)
    expect(replayed.status).toBe(4)
    expect(replayed.stderr).toContain(finding)
  })

  test('an unknown name is refused with the nearest ones', () => {
    const { status, stdout, stderr } = exploreDefects('never-flsh')
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('known: never-flush')
  })

  test('a page is written of all defects, not of some', () => {
    const file = join(tmpdir(), `shootdown-page-${process.pid}.md`)
    const { status, stdout, stderr } = exploreDefects('never-flush', '--write', file)
    expect([status, stdout, existsSync(file)]).toEqual([2, '', false])
    expect(stderr).toContain("--defects 'never-flush'")
    expect(stderr).toContain('leave out the names, or --write')
  })

  test('the table says what random tapes show in virtual time and, if asked, on real workers', () => {
    const asked = exploreDefects('never-flush', '--threads', '5')
    // Nothing is ever flushed: the first tape with two CPUs shows it in either engine.
    expect(asked.stdout).toMatch(/^never-flush .* clean {5}I\d+, tape [12] {2}I\d+, tape [12]$/m)
    const unasked = exploreDefects('wakes-past-request')
    expect(unasked.stdout).toMatch(/^wakes-past-request .* clean {5}not seen {2}-$/m)
    expect(exploreDefects('never-flush', '--threads', 'x').status).toBe(2)
  })

  test('a defect that is not found fails the command', () => {
    // Fewer states than it takes.
    expect(exploreDefects('tick-after-flush', '--max-states', '10').status).toBe(4)
  })
})
