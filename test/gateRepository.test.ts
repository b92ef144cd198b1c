import { existsSync, readFileSync, rmSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { usageLines } from './support/refused.js'
import { ONE_CELL, StubRepository } from './support/stubRepository.js'
import { TreeCopy } from './support/treeCopy.js'

/** Steps of the contestant: about 0.2 ms, and three times that. */
const FAST = 100_000
const SLOW = 300_000

/** The command as it is, but for shorter and fewer processes: a factor of three needs no more. */
let tree: TreeCopy
beforeAll(() => {
  tree = new TreeCopy()
  tree.edit('dist/bench/gate.js', 'warmupMs: 300', 'warmupMs: 20')
  tree.edit('dist/bench/gate.js', 'measuredMs: 800', 'measuredMs: 40')
  tree.edit('dist/bench/gate.js', 'mostProcesses: 40', 'mostProcesses: 8')
})
afterAll(() => tree.remove())

let repository: StubRepository
beforeEach(() => void (repository = new StubRepository(tree.path('dist', 'scripts', 'gate.js'))))
afterEach(() => {
  const left = repository.leftovers(tree.root)
  repository.remove()
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
})

const against = (ref: string) =>
  repository.gate('--against', ref, '--budget', '60s', '--seed', '1', ...ONE_CELL)
/** Head divided by base. */
const ratio = () => repository.verdict().cells[0].batch.ratio

describe('two commits of which one is slower', () => {
  test('head: a regression of the right size, against a base that was built', async () => {
    repository.contestant(FAST)
    const base = repository.commit()
    repository.contestant(SLOW)
    const head = repository.commit()
    const { code, stdout, stderr } = await against('HEAD~1')
    expect(stderr).toContain(`building HEAD~1 (${base.slice(0, 12)}) ...`)
    expect([code, stdout.split(':')[0]]).toEqual([1, 'REGRESSION'])
    expect(ratio()).toBeGreaterThan(1.5)
    expect(repository.verdict()).toMatchObject({
      base: { ref: 'HEAD~1', commit: base },
      head: { commit: head, dirty: false },
      cells: [{ outcome: 'regression', confirmation: { processes: 8 } }],
    })
    // Nothing was built in the working tree itself.
    expect(existsSync(`${repository.path}/dist`)).toBe(false)
  })

  test('base: no regression, and the other size', async () => {
    repository.contestant(SLOW)
    repository.commit()
    repository.contestant(FAST)
    repository.commit()
    expect([0, 3]).toContain((await against('HEAD~1')).code)
    expect(ratio()).toBeLessThan(1 / 1.5)
  })

  test('neither: no regression', async () => {
    repository.contestant(FAST)
    repository.commit()
    repository.commit()
    expect([0, 3]).toContain((await against('HEAD~1')).code)
    const [{ batch, control, detectable }] = repository.verdict().cells
    expect(batch.ratio).toBeGreaterThan(1 / 1.5)
    expect(batch.ratio).toBeLessThan(1.5)
    expect(control.processes).toBe(8)
    expect(detectable === null || detectable > 1).toBe(true)
  })
})

test('head is the working tree: changed and new files belong to it, whatever its dist says', async () => {
  repository.contestant(FAST)
  repository.commit()
  repository.contestant(`(await import('./pace.js')).default`)
  repository.write('src/pace.js', `export default ${SLOW}\n`)
  repository.write('dist/bench/contestant.js', 'throw new Error("not this one")\n')
  expect((await against('HEAD')).code).toBe(1)
  expect(repository.verdict().head.dirty).toBe(true)
})

test('head is the working tree: a deleted file does not belong to it', async () => {
  repository.contestant(FAST)
  repository.write('src/other.js', '')
  repository.commit()
  rmSync(`${repository.path}/src/other.js`)
  expect([0, 3]).toContain((await against('HEAD')).code)
})

test('a file that the base alone has is built into the base alone', async () => {
  repository.contestant(`(await import('./pace.js').catch(() => ({ default: ${SLOW} }))).default`)
  repository.write('src/pace.js', `export default ${FAST}\n`)
  repository.commit()
  rmSync(`${repository.path}/src/pace.js`)
  expect((await against('HEAD')).code).toBe(1)
})

describe('packages', () => {
  const installed = () => (existsSync(repository.installed) ? readFileSync(repository.installed, 'utf8') : '')
  const prepare = (version: string) => {
    repository.contestant(FAST)
    repository.commit()
    repository.lock(version)
    repository.commit()
  }

  test('of a base with another lock file are installed, in the base alone', async () => {
    prepare('1.0.1')
    expect([0, 3]).toContain((await against('HEAD~1')).code)
    expect(installed().trimEnd()).toMatch(/^\S+\/shootdown-gate-\w+\/base$/)
  })

  test('of a base with the same lock file are those of the working tree', async () => {
    prepare('1.0.0')
    // The base can be built only with what stands in the working tree's packages.
    repository.write('node_modules/pace/index.js', `export default ${FAST}\n`)
    repository.write('node_modules/pace/package.json', '{ "type": "module", "exports": "./index.js" }')
    repository.contestant(`(await import('pace')).default`)
    repository.commit()
    expect([0, 3]).toContain((await against('HEAD')).code)
    expect(installed()).toBe('')
  })

  test('that cannot be installed: refused', async () => {
    repository.contestant(FAST)
    repository.lock('1.0.1')
    repository.write('installed.mjs', `throw new Error('no compiler here')\n`)
    repository.commit()
    repository.lock('1.0.0')
    repository.commit()
    const ended = await against('HEAD~1')
    expect(ended.code).toBe(3)
    const [what, why, remedy] = usageLines(ended)
    expect(what).toMatch(/the packages of the base commit \w{12} cannot be installed$/)
    expect(why).toContain('no compiler here')
    expect(remedy).toContain('npm ci')
  })
})

describe('a base that cannot be measured is refused with 3', () => {
  async function refused(base: () => void): Promise<string[]> {
    repository.contestant(FAST)
    repository.commit()
    base()
    const commit = repository.commit()
    repository.git('checkout', '--quiet', 'HEAD~1')
    const ended = await against(commit)
    expect(ended.code).toBe(3)
    return usageLines(ended)
  }

  test('it does not compile: its first complaint', async () => {
    const complaint = 'src/a.ts(1,7): error TS2322: Type string is not assignable to type number.'
    const lines = await refused(() =>
      repository.write(
        'build.mjs',
        `console.error(${JSON.stringify(complaint)}); console.error('src/b.ts: error TS1'); process.exit(2)\n`,
      ),
    )
    expect(lines[0]).toMatch(/^error: the base commit \w{12} does not compile$/)
    expect(lines[1]).toBe(complaint)
    expect(lines[2]).toContain('npm run build')
  })

  test('it has no contestant: older than the gate', async () => {
    const lines = await refused(() => repository.write('build.mjs', ''))
    expect(lines[0]).toContain('has nothing that the gate can measure')
    expect(lines[1]).toContain('older than the gate')
  })

  test('it has no build at all', async () => {
    const lines = await refused(() =>
      repository.write('package.json', '{ "name": "stub", "version": "1.0.0" }'),
    )
    expect(lines[0]).toContain('does not compile')
  })

  test.each(['no-such-branch', 'HEAD~7', '-x', 'HEAD:src', ''])('there is no commit %j', async (ref) => {
    repository.contestant(FAST)
    repository.commit()
    const ended = await repository.gate(`--against=${ref}`)
    expect(ended.code).toBe(3)
    expect(usageLines(ended).join('\n')).toContain(`--against ${ref}: the base is missing`)
  })
})

test('a working tree that does not compile is refused, too', async () => {
  repository.contestant(FAST)
  repository.commit()
  repository.write('build.mjs', `throw new Error('half done')\n`)
  const ended = await against('HEAD')
  expect(ended.code).toBe(3)
  expect(usageLines(ended).slice(0, 2)).toEqual([
    'error: the working tree does not compile',
    expect.stringContaining('half done'),
  ])
})

test('a folder that is no repository is a mistake', async () => {
  rmSync(`${repository.path}/.git`, { recursive: true })
  const ended = await against('HEAD')
  repository.git('init', '--quiet')
  expect(ended.code).toBe(2)
  expect(usageLines(ended).join('\n')).toContain('no git repository with a commit')
})
