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

  // A step that breaks something, and a circle.
  test.each(['targets-before-write', 'serves-after-sending'])(
    '%s: its schedule, and a command that replays it to the same finding',
    (name) => {
      const found = exploreDefects(name)
      expect(found.status).toBe(0)
      const [finding] = /^I\d+: .*/m.exec(found.stdout) ?? ['none']
      const [, schedule] = /^reproduce: npm run explore -- --defects \S+ --replay '?([^'\n]+)/m.exec(
        found.stdout,
      ) ?? ['', '']
      const replayed = exploreDefects(name, '--replay', schedule)
      expect(replayed.status).toBe(4)
      expect(replayed.stderr).toContain(finding)
    },
  )

  test('an unknown name is refused with the nearest ones', () => {
    const { status, stdout, stderr } = exploreDefects('never-flsh')
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('known: never-flush')
  })

  test('a defect that is not found fails the command', () => {
    // Fewer states than it takes.
    expect(exploreDefects('tick-after-flush', '--max-states', '10').status).toBe(4)
  })
})
