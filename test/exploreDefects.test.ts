import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
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
const tableOfTerminal = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/))

/** Found by different invariants, a schedule of which no shorter one is excluded, nothing in `sim`, hardware that it lacks, a base that is bounded. */
const SAMPLE = [
]

describe('explore --defects', () => {
  test('the page of the docs has a row for each defect, and says that each is found and no base reported', () => {
    const page = readFileSync(join(ROOT, 'docs/defects.md'), 'utf8')
    const rows = page.split('\n').filter((line) => line.startsWith('| '))
    const names = rows.slice(2).map((row) => row.split('|')[1].trim())
    expect(names.toSorted()).toEqual(defectFiles.map((name) => basename(name, '.js')).toSorted())
    expect(page).toContain(`${names.length} of ${names.length} are found.`)
    expect(page).not.toContain('REPORTED')
  })

  test.each([
    ['targets-before-write', 'begins switch'],
    ['broadcast-before-write', 'drops what CPU 0 has broadcast: 1 pages from 1 under tag 1'],
  ])('%s: its schedule, and a command that replays it to the same finding', (name, row) => {
    const found = exploreDefects(name)
    expect(found.status).toBe(0)
    const [, invariant] = /^(I\d+): /m.exec(found.stdout) ?? []
    expect(found.stdout).toContain(row)
    const command = `reproduce: npm run explore -- --defects ${name} --replay `
    const printed = found.stdout.split('\n').find((line) => line.startsWith(command)) ?? ''
    const schedule = printed.slice(command.length).replaceAll("'", '')
    const replayed = exploreDefects(name, '--replay', schedule)
    expect(replayed.status).toBe(4)
    expect(replayed.stderr).toContain(`${invariant}: `)
  })

  test('an unknown name is refused with the nearest ones', () => {
    const { status, stdout, stderr } = exploreDefects('never-flsh')
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('known: never-flush')
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
