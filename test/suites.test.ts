import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { combine, type SuiteRow } from '../dist/bench/suites/combine.js'
import { withoutInbox, withoutOracle } from '../dist/bench/suites/hookRules.js'
import { LiveCells } from '../dist/bench/suites/liveCells.js'
import { lastName, rewrite, type Rule } from '../dist/bench/suites/rewrite.js'
import type { SideRow, Target } from '../dist/bench/suites/suite.js'
import { suiteTable } from '../dist/bench/suites/suiteTable.js'
import { hitPlan } from '../dist/bench/suites/tlbHit.js'

const run = promisify(execFile)
const DIST = join(import.meta.dirname, '..', 'dist')
const SCRIPT = join(DIST, 'scripts', 'suites.js')

async function measure(...argv: string[]): Promise<SuiteRow[]> {
  const { stdout } = await run(process.execPath, [SCRIPT, '--budget-ms', '40', '--format', 'json', ...argv])
  return (JSON.parse(stdout) as { rows: SuiteRow[] }).rows
}

test('every suite runs and compares its sides; no time is asserted', async () => {
  const rows = await measure('--processes', '1')
  expect([...new Set(rows.map(({ suite }) => suite))]).toEqual([
    'tlb-hit',
    'walk',
    'interrupt',
    'sim-hits',
    'sim-misses',
    'sim-interrupts',
    'sim-memory',
    'oracle',
    'faults',
  ])
  for (const row of rows) {
    const about = `${row.suite}/${row.task}`
    expect(row.value > 0 && Number.isFinite(row.value), about).toBe(true)
    expect(row.rounds > 0, about).toBe(true)
    expect(row.values, about).toHaveLength(1)
    // One process is no interval, and without one nothing is judged.
    expect([row.ratio_low, row.ratio_high, row.coverage, row.met], about).toEqual([null, null, null, null])
    expect(row.ratio === null, about).toBe(row.against === null)
    if (row.against === null) continue
    // Held against a side of the same suite, round by round.
    expect(rows.some(({ suite, task }) => suite === row.suite && task === row.against)).toBe(true)
    expect(row.ratios, about).toEqual([row.ratio])
    expect((row.ratio ?? 0) > 0 && Number.isFinite(row.ratio), about).toBe(true)
  }
  whatHooksCost(rows)
}, 180_000)

/** Each comparison of hooks has its target, and a control beside it. */
function whatHooksCost(all: readonly SuiteRow[]): void {
  const rows = all.filter(({ suite }) => suite === 'oracle' || suite === 'faults')
  const held = rows
    .filter(({ against }) => against !== null)
    .map(({ task, against, target }) => `${task} | ${against} | ${target ?? '-'}`)
  const oracle = (what: string) => [
    `${what}, off | ${what}, absent | has 1x`,
    `${what}, off again | ${what}, off | has 1x`,
    `${what}, local | ${what}, off | <= 1.5x`,
    `${what}, full | ${what}, off | -`,
  ]
  const faults = (what: string) => [
    `${what}, no faults | ${what}, no inbox | has 1x`,
    `${what}, no faults again | ${what}, no faults | has 1x`,
    `${what}, none strikes | ${what}, no faults | -`,
  ]
  const sim = faults('sim interrupt').slice(1)
  expect(held).toEqual([...oracle('hit'), ...oracle('unmap'), ...faults('hit'), ...faults('unmap'), ...sim])
}

test('processes are counted, and make an interval', async () => {
  const rows = await measure('--processes', '3', '--filter', '^sim-hits$')
  for (const { values, against, ratios, ratio_low: low, ratio, ratio_high: high, coverage } of rows) {
    expect(values).toHaveLength(3)
    if (against === null) continue
    expect([low, ratio, high]).toEqual(ratios.toSorted((a, b) => a - b))
    expect(coverage).toBe(0.75)
  }
  expect(rows.map(({ target, met }) => [target, met === null])).toEqual([
    [null, true],
    ['>= 20 M/s', false],
  ])
}, 60_000)

/** What as many processes would have sent, from the ratio and the nanoseconds of each. */
function madeUp(target: Target | null, ratios: readonly number[], ns = ratios.map(() => 10)): SuiteRow {
  const common = { suite: 'made-up', operation: 'nothing', unit: 'ns', rounds: 7 } as const
  const processes = ratios.map((ratio, at): SideRow[] => [
    { ...common, task: 'bare', value: 5, against: null, ratio: null, target: null },
    { ...common, task: 'own', value: ns[at], against: 'bare', ratio, target },
  ])
  return combine(processes)[1]
}

describe('made-up samples', () => {
  const SIX = [1.3, 1.0, 1.2, 1.1, 1.5, 1.4]

  test('processes are the sample: their range is the interval of six', () => {
    expect(madeUp(null, SIX)).toMatchObject({
      ratio: 1.25,
      ratio_low: 1,
      ratio_high: 1.5,
      coverage: 0.96875,
      rounds: 42,
      target: null,
      met: null,
    })
  })

  test('of nine processes the outermost two are left out', () => {
    const nine = [1, 1, 1.01, 1.02, 1.03, 1.04, 1.05, 9, 0.1]
    expect(madeUp(null, nine)).toMatchObject({ ratio_low: 1, ratio_high: 1.05 })
  })

  test.each<[about: string, target: Target, ratios: number[], met: string | null]>([
    ['1 inside', { kind: 'same' }, [0.98, 1.01, 1.02, 1.0, 1.03, 0.99], 'yes'],
    ['1 at the end', { kind: 'same' }, [1.0, 1.01, 1.02, 1.03, 1.04, 1.05], 'yes'],
    ['all dearer', { kind: 'same' }, [1.01, 1.02, 1.03, 1.04, 1.05, 1.06], 'no'],
    ['all cheaper', { kind: 'same' }, [0.99, 0.98, 0.97, 0.96, 0.95, 0.94], 'no'],
    ['1 inside, and a quarter more', { kind: 'same' }, [0.9, 1, 1, 1, 1, 1.26], 'open'],
    ['1 inside, and a quarter less', { kind: 'same' }, [0.79, 1, 1, 1, 1, 1.1], 'open'],
    ['two processes', { kind: 'same' }, [1.0, 1.0], null],
    ['all below', { kind: 'ratio', most: 1.5 }, SIX, 'yes'],
    // The median alone would be below.
    ['one above', { kind: 'ratio', most: 1.45 }, SIX, 'open'],
    ['all above', { kind: 'ratio', most: 0.9 }, SIX, 'no'],
    ['two processes', { kind: 'ratio', most: 1.5 }, [1, 1], null],
  ])('%s: %o of %o is %s', (_about, target, ratios, met) => {
    expect(madeUp(target, ratios).met).toBe(met)
  })

  test.each<[target: Target, ns: number[], met: string]>([
    [{ kind: 'rate', least: 50e6 }, [10, 20, 15, 16, 17, 18], 'yes'],
    [{ kind: 'rate', least: 50e6 }, [10, 21, 15, 16, 17, 18], 'open'],
    [{ kind: 'rate', least: 50e6 }, [30, 21, 25, 26, 27, 28], 'no'],
    [{ kind: 'value', most: 20 }, [10, 20, 15, 16, 17, 18], 'yes'],
    [{ kind: 'value', most: 20 }, [10, 21, 15, 16, 17, 18], 'open'],
    [{ kind: 'value', most: 20 }, [30, 21, 25, 26, 27, 28], 'no'],
  ])('%o of %o is %s', (target, ns, met) => {
    expect(madeUp(target, SIX, ns).met).toBe(met)
  })

  test('the table shows the interval and the verdict', () => {
    const lines = (target: Target | null, ratios: number[]) =>
      suiteTable([madeUp(target, ratios)])
        .trimEnd()
        .split('\n')[1]
    expect(lines({ kind: 'same' }, [1, 1.1, 1.2])).toMatch(/ 1\.10x +1\.\.1\.20 +has 1x +yes$/)
    expect(lines({ kind: 'ratio', most: 1.45 }, SIX)).toMatch(/ 1\.25x +1\.\.1\.50 +<= 1\.45x +open$/)
    expect(lines({ kind: 'ratio', most: 0.5 }, SIX)).toMatch(/ <= 0\.5x +NO$/)
    expect(lines({ kind: 'same' }, [1, 1])).toMatch(/ 1x +- +has 1x +-$/)
  })

  test('processes that disagree about their sides are no sample', () => {
    const side = { suite: 's', operation: '', unit: 'ns', value: 1, against: null, rounds: 1 } as const
    const row = (task: string): SideRow => ({ ...side, task, ratio: null, target: null })
    expect(() => combine([[row('a')], [row('b')]])).toThrow('has changed its sides')
  })
})

describe('an engine without hooks', () => {
  const compiled = ['pagetable', 'engines'].flatMap((folder) =>
    readdirSync(join(DIST, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js') && !file.startsWith('explore'))
      .map((file) => readFileSync(join(DIST, 'src', folder, file), 'utf8')),
  )
  const count = (texts: readonly string[], pattern: RegExp) =>
    texts.reduce((sum, text) => sum + [...text.matchAll(pattern)].length, 0)

  test('no call of the oracle is left, and none of the inbox', () => {
    const oracle =
      /\b(?:watch|witness)\.(?!count\b|device\b|exposuresNs|lostEvents|openExposures|js)\w|\bfillEvent\((?!event)|\+ STAMP_OFFSET/g
    expect(count(compiled, oracle)).toBeGreaterThan(40)
    const without = compiled.map((text) => rewrite(text, withoutOracle))
    expect(count(without, oracle)).toBe(0)
    const inbox = /#inbox\.|new Mailbox\(/g
    expect(count(compiled, inbox)).toBeGreaterThan(6)
    expect(
      count(
        compiled.map((text) => rewrite(text, withoutInbox)),
        inbox,
      ),
    ).toBe(0)
  })

  test.each([
    ['const stamp = witness.stamp(word)', 'const stamp = 0'],
    ['if (cpu.watch.hasPending) look()', 'if (false) look()'],
    ['context.witness.event(fillEvent(passed, IO, 1, 2, 3, 4))', 'undefined'],
    [
      'const opened = fillEvent(context.passed, 1, 2); opened.frame = f()',
      'const opened = (context.passed); ;',
    ],
    ['memory.poke(word + STAMP_OFFSET, stamp)', 'undefined'],
    ['memory.poke(word + OWNER_OFFSET, cpu)', 'memory.poke(word + OWNER_OFFSET, cpu)'],
    ['context.witness.count(COUNT_FAULTS, 1)', 'context.witness.count(COUNT_FAULTS, 1)'],
  ])('%s without the oracle is %s', (text, without) => {
    expect(rewrite(text, withoutOracle)).toBe(without)
  })

  test('workers of a copy run the copy', async () => {
    const cells = new LiveCells()
    const planted: Rule = (node) =>
      node.type === 'CallExpression' && lastName(node.callee) === 'take'
        ? "(() => { throw new Error('from the copy') })()"
        : undefined
    try {
      await expect(cells.start(hitPlan(64, {}), planted)).rejects.toThrow('from the copy')
      await expect(cells.start(hitPlan(64, {}))).resolves.toBeInstanceOf(Function)
    } finally {
      await cells.stop()
    }
  }, 30_000)

  test('a hook that the rules do not know is refused, not left in', () => {
    expect(() => rewrite('cpu.watch.newcomer(1)', withoutOracle)).toThrow('newcomer')
    expect(() => rewrite('if (context.witness.isCurious) look()', withoutOracle)).toThrow('isCurious')
    expect(() => rewrite('inbox.newcomer()', withoutInbox)).toThrow('newcomer')
  })
})

test.each([
  [['--filter', 'tlbhit'], 'known: tlb-hit'],
  [['--filter', '('], "--filter '('"],
  [['--budget-ms', '0'], 'not a whole number'],
  [['--processes', '0'], 'not a whole number'],
  [['--format', 'csv'], 'known: table, json'],
  [['--fliter', 'x'], 'did you mean --filter?'],
  [['quick'], 'unexpected argument'],
])('%s is refused before anything is measured', async (argv, said) => {
  const failed = await run(process.execPath, [SCRIPT, ...argv]).then(
    () => undefined,
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  expect(failed).toMatchObject({ code: 2, stdout: '' })
  expect(failed?.stderr).toContain(said)
})
