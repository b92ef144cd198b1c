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

describe('explore --defects', () => {
  test('the page of the docs has a row for each defect, and says that each is found and no base reported', () => {
    const page = readFileSync(join(ROOT, 'docs/defects.md'), 'utf8')
    const rows = page.split('\n').filter((line) => line.startsWith('| '))
    const names = rows.slice(2).map((row) => row.split('|')[1].trim())
    expect(names.toSorted()).toEqual(defectFiles.map((name) => basename(name, '.js')).toSorted())
    expect(page).toContain(`${names.length} of ${names.length} are found.`)
    expect(page).not.toContain('REPORTED')
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
