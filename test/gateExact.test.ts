import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { moduleNames } from '../dist/src/registry.js'
import { childrenOf, ROOT, shootdown, start, until } from './support/steeredBench.js'
import { TreeCopy } from './support/treeCopy.js'

let tree: TreeCopy
beforeEach(() => void (tree = new TreeCopy()))
afterEach(() => tree.remove())

const CELL = 'sim/batched/munmap-storm/2'
/** Three of the strategies: all of them would take half a minute. */
const FEW = ['--cells', 'sim/(immediate|batched|lazy)/munmap-storm/2$']
const ONE = ['--cells', `${CELL}$`]

/** Rows of the table: kind, cell, oracle, metric, before, after. */
const lines = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => /^(?:worse|better|missing|new|not comparable|tolerated) /.test(line))
    .map((line) => {
      const [kind, cell, figure = '', before, after] = line.split(/ {2,}/)
      const [, metric, oracle] = /^(\w+)(?: \((\w+)\))?$/.exec(figure) ?? []
      return [kind, cell, oracle, metric, before, after]
    })

/** What is left of the matrix takes a second. */
function shrinkMatrix(): void {
  tree.edit('dist/bench/gate.js', 'sim: [2, 8, 64]', 'sim: [2]')
  tree.edit('dist/bench/gate.js', "workloads: 'all'", "workloads: 'munmap-storm'")
  tree.edit('dist/bench/gate.js', "strategies: 'all'", "strategies: 'immediate,batched,lazy'")
  // And no other profile than the first.
  tree.edit('dist/bench/gate.js', 'matrices: [', 'matrices: [EXACT_MATRIX], others: [')
  const kept = ['immediate', 'batched', 'lazy'].map((name) => `sim-${name}.csv`)
  for (const file of readdirSync(tree.path('results', 'baseline')))
    if (file.startsWith('sim-') && !kept.includes(file)) rmSync(tree.path('results', 'baseline', file))
}

test('every strategy is in the committed baseline, on some profile', () => {
  const names = readdirSync(join(ROOT, 'results', 'baseline')).filter((name) => name.startsWith('sim-'))
  // With its fallback, where it handles some kinds of mapping only.
  const files = names.map((name) => name.replace(/[+][^+]+(?=[.]csv$)/, ''))
  expect(files.sort()).toEqual(
    moduleNames('strategy')
      .map((name) => `sim-${name}.csv`)
      .sort(),
  )
})

describe('an unchanged tree', () => {
  test('passes on every run, with the same bytes, wherever the baseline was made', async () => {
    writeFileSync(tree.path('results', 'baseline', 'environment.json'), '{ "node": "v99"')
    const cells = ['--cells', 'sim/(immediate|batched|lazy)/(.*/2|munmap-storm/8)$']
    const first = await tree.gate(...cells)
    // 3 strategies on 4 workloads, and on one of them with 8 CPUs.
    expect(first.stdout).toMatch(/^PASS: \d+ figures of 15 cells are those of results\/baseline\.\n/)
    expect(first.code).toBe(0)
    const { code, stdout } = await tree.gate(...cells)
    expect([code, stdout]).toEqual([first.code, first.stdout])
  })

  test('passes as a subcommand of the installed program, too', async () => {
    expect((await shootdown('gate', ...FEW, '--out', tree.path('verdict'))).code).toBe(0)
  })
})

/**
 * 16 unmaps of 16 pages on 2 CPUs: `immediate` sends an interrupt for each page, `batched` one for each unmap, `lazy`
 * none (docs/workloads.md). Both CPUs invalidate each page singly, `lazy`'s other one at its tick.
 */
const UNMAPS = 16
const PAGES = 16
const COUNTS: Record<string, Record<string, number>> = {
  immediate: { ipis: UNMAPS * PAGES, pages_invalidated: UNMAPS * PAGES * 2 },
  batched: { ipis: UNMAPS, pages_invalidated: UNMAPS * PAGES * 2 },
  lazy: { ipis: 0, pages_invalidated: UNMAPS * PAGES * 2 },
}
/** Once, at one change in the middle of the measured pass. */
const ONE_MORE: Record<string, string> = {
  ipis: 'if (change.serial === 400) cpu.interruptOne(1 - cpu.id)',
  pages_invalidated: 'if (change.serial === 400) cpu.invalidate(change.space, change.firstPage, 1, 1)',
}

describe.each(Object.keys(COUNTS))('%s', (strategy) => {
  test.each(Object.keys(ONE_MORE))('with one more of %s in a whole run fails, by cell', async (metric) => {
    tree.edit(
      `dist/src/strategies/${strategy === 'batched' ? 'shared/perOperation' : strategy}.js`,
      'changed(cpu, change) {',
      `changed(cpu, change) { ${ONE_MORE[metric]}`,
    )
    const { code, stdout } = await tree.gate(...FEW)
    expect(code).toBe(1)
    const cell = `sim/${strategy}/munmap-storm/2`
    expect(stdout).toMatch(/^REGRESSION: Worse than results\/baseline: \d+ worse in 1 cell/)
    expect(new Set(lines(stdout).map((words) => words[1]))).toEqual(new Set([cell]))
    const before = COUNTS[strategy][metric]
    for (const oracle of ['full', 'local'])
      expect(lines(stdout)).toContainEqual(['worse', cell, oracle, metric, `${before}`, `${before + 1}`])
  })
})

describe('what is different and not worse', () => {
  test('better asks for an update', async () => {
    tree.setBaseline('batched', 'ipis', '32', 'local')
    const { code, stdout } = await tree.gate(...ONE)
    expect(code).toBe(3)
    expect(stdout).toContain('does not describe this tree: 1 better in 1 cell.\n')
    expect(stdout).toContain('npm run gate -- --update')
    expect(lines(stdout)).toEqual([['better', CELL, 'local', 'ipis', '32', '16']])
  })

  test.each([
    ['tape_hash', '0123456789abcdef'],
    ['contract', 'reuse'],
    ['seed', '2'],
    ['params', 'workload.pages=4'],
    ['profile', 'other'],
  ])('another %s makes a cell not comparable, whatever its figures are', async (column, value) => {
    tree.setBaseline('batched', column, value)
    tree.setBaseline('batched', 'ipis', '1')
    const { code, stdout } = await tree.gate(...ONE)
    expect(code).toBe(3)
    expect(lines(stdout).map(([kind, cell, ...rest]) => [kind, cell, rest.includes(value)])).toEqual([
      ['not comparable', CELL, true],
    ])
  })

  test('another machine model makes all cells not comparable', async () => {
    tree.edit('src/machine/profiles/icelake-2s64c.json', '"value": 51724', '"value": 51725')
    const { code, stdout } = await tree.gate(...FEW)
    expect(code).toBe(3)
    expect(stdout).toContain('3 not comparable in 3 cells')
    expect(stdout).toContain('profile_hash')
  })

  test('another number of operations, and a figure that was unknown', async () => {
    tree.setBaseline('batched', 'ops', '8', 'full')
    tree.setBaseline('batched', 'responder_ns', '', 'local')
    const { code, stdout } = await tree.gate(...ONE)
    expect(code).toBe(3)
    // The worst first, and from nothing to something is the farthest.
    expect(lines(stdout)).toEqual([
      ['not comparable', CELL, 'local', 'responder_ns', '-', expect.stringMatching(/^\d/)],
      ['not comparable', CELL, 'full', 'ops', '8', '16'],
    ])
  })

  test('a strategy that is gone is missing, and one that is not in the baseline is new', async () => {
    shrinkMatrix()
    rmSync(tree.path('results', 'baseline', 'sim-lazy.csv'))
    tree.setBaseline('batched', 'strategy', 'gone')
    const { code, stdout } = await tree.gate()
    expect(code).toBe(3)
    const found = lines(stdout).map(([kind, cell]) => `${kind} ${cell}`)
    expect(found).toContain(`new ${CELL}`)
    expect(found).toContain('new sim/lazy/munmap-storm/2')
    expect(found).toContain('missing sim/gone/munmap-storm/2')
    // Those of CPU counts and workloads that are not run any more: 4, 2 and 1 without the one that is.
    expect(found.filter((line) => line.startsWith('missing sim/immediate/'))).toHaveLength(6)
    // Of the cells that are asked for only.
    const few = await tree.gate('--cells', 'sim/(immediate|gone)/munmap-storm/2$')
    expect(lines(few.stdout).map(([kind, cell]) => `${kind} ${cell}`)).toEqual([
      'missing sim/gone/munmap-storm/2',
    ])
  })
})

describe('--tolerance', () => {
  test('lets a figure be worse by so much and not more; from nothing it lets nothing be', async () => {
    tree.setBaseline('batched', 'ipis', '15')
    expect((await tree.gate(...ONE)).code).toBe(1)
    // From 15 to 16 is 6.67 %.
    const within = await tree.gate(...ONE, '--tolerance', 'ipis=6.7')
    expect(within.code).toBe(0)
    expect(within.stdout).toContain('but for 2 tolerated in 1 cell')
    const beyond = await tree.gate(...ONE, '--tolerance', 'ipis=6.6', '--tolerance', 'elapsed_ns=1')
    expect(beyond.code).toBe(1)
    tree.setBaseline('batched', 'ipis', '0')
    expect((await tree.gate(...ONE, '--tolerance', 'ipis=100000')).code).toBe(1)
  })
})

describe('what must not happen', () => {
  test('a broken promise is told with the command that shows it, before all that is worse', async () => {
    tree.edit(
      'dist/src/strategies/shared/perOperation.js',
      'changed(cpu, change) {',
      'changed(cpu, change) { return DONE',
    )
    tree.setBaseline('lazy', 'tlb_misses', '1')
    const { code, stdout } = await tree.gate(...FEW)
    expect(code).toBe(4)
    expect(stdout).toMatch(/^VIOLATION: /)
    expect(stdout).toContain(`${CELL} violates contract return: repetition 0, seed 1`)
    expect(stdout).toContain('reproduce: npm run bench -- --engine sim --strategy batched')
    // The figures of the cell itself are no matter now; those of others are.
    expect(new Set(lines(stdout).map((words) => words[1]))).toEqual(new Set(['sim/lazy/munmap-storm/2']))
  })

  test('a repetition that fails fails the gate, and a baseline is not rewritten from it', async () => {
    shrinkMatrix()
    tree.edit(
      'dist/src/strategies/shared/perOperation.js',
      'changed(cpu, change) {',
      'changed(cpu, change) { process.exit(7)',
    )
    const before = baseline()
    const { code, stdout } = await tree.gate('--update')
    expect(code).toBe(4)
    expect(stdout).toContain('results/baseline was not rewritten')
    expect(stdout).toContain(`${CELL} failed`)
    expect(stdout).toContain('exit code 7')
    expect(baseline()).toEqual(before)
  })
})

const baseline = (): Record<string, string> => {
  const folder = tree.path('results', 'baseline')
  return Object.fromEntries(
    // Beside what certifies the other tier.
    readdirSync(folder)
      .filter((name) => !name.startsWith('certification'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
}

describe('--update', () => {
  test('writes the same bytes each time, tells what was different, and removes what is gone', async () => {
    shrinkMatrix()
    tree.setBaseline('batched', 'ipis', '15')
    writeFileSync(tree.path('results', 'baseline', 'sim-gone.csv'), 'x')
    const committed = readFileSync(join(ROOT, 'results/baseline/sim-batched.csv'), 'utf8')
    // A file that cannot be read is replaced: everything is new then.
    const first = await tree.gate('--update')
    expect(first.code).toBe(0)
    expect(first.stdout).toContain('it differed: 3 new in 3 cells')
    const written = baseline()
    expect(Object.keys(written).toSorted()).toEqual([
      'environment.json',
      'sim-batched.csv',
      'sim-immediate.csv',
      'sim-lazy.csv',
    ])
    // Header and two rows, as they stand in the file of the whole matrix.
    const [head, ...rows] = written['sim-batched.csv'].trimEnd().split('\n')
    expect(head.startsWith('schema_version,engine,strategy,')).toBe(true)
    expect(rows).toEqual(committed.split('\n').filter((line) => line.includes(',munmap-storm,,2,')))
    expect(rows).toHaveLength(2)
    const environment = JSON.parse(written['environment.json'])
    expect(environment).toMatchObject({ node: process.version, seed: 1, matrices: [{ cpus: [2] }] })
    expect(written['environment.json']).not.toMatch(/20\d\d-\d\d|commit/)

    expect((await tree.gate()).code).toBe(0)
    const second = await tree.gate('--update')
    expect(second.stdout).toContain('PASS: results/baseline describes this tree; nothing has changed.\n')
    expect(baseline()).toEqual(written)

    tree.setBaseline('batched', 'ipis', '15', 'local')
    const third = await tree.gate('--update')
    expect(third.code).toBe(0)
    expect(lines(third.stdout)).toEqual([['worse', CELL, 'local', 'ipis', '15', '16']])
    expect(baseline()).toEqual(written)
  })

  test('makes the folder where there is none', async () => {
    shrinkMatrix()
    expect((await tree.gate('--update', '--baseline', 'a/b')).code).toBe(0)
    expect(existsSync(tree.path('a', 'b', 'sim-lazy.csv'))).toBe(true)
    expect((await tree.gate('--baseline', 'a/b')).code).toBe(0)
  })
})

describe('a signal', () => {
  test.each([[[]], [['--update']]])('stops it with no process left and nothing written: %j', async (args) => {
    const before = baseline()
    const { process: child, ended } = start('dist/scripts/gate.js', args, tree.root)
    const running = (): number[] => childrenOf(child.pid!, 'harness/jobProcess.js')
    await until(() => running().length > 1, 'two processes')
    const seen = running()
    for (let times = 0; times < 3; times++) child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([130, ''])
    expect(stderr).toBe('interrupted: what was measured is kept, nothing else is left behind\n')
    expect(seen.filter((id) => existsSync(`/proc/${id}`))).toEqual([])
    expect(baseline()).toEqual(before)
  })
})
