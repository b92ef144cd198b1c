import { describe, expect, test } from 'vitest'
import type { ExactKind } from '../dist/src/gate/verdict.js'
import { change, changeInterval } from '../dist/src/report/change.js'
import { verdictText } from '../dist/src/report/gate/verdictText.js'
import { worstFirst, worstRatio } from '../dist/src/report/gate/verdictWords.js'
import { TABLE_WIDTH } from '../dist/src/report/table.js'
import { comparison, exact, FILES, finding, HOSTILE, NOISY, SLOWER, wallClock } from './support/verdicts.js'

const text = (verdict: Parameters<typeof verdictText>[0], colour = false) =>
  verdictText(verdict, { ...FILES, colour })

describe('a ratio as a change', () => {
  test.each([
    [1, '0 %'],
    [1.052, '+5.2 %'],
    [0.969, '-3.1 %'],
    [2, '+100.0 %'],
    // One decimal would say that nothing changed.
    [1.000_001, '+0.0001 %'],
    [0.9996, '-0.04 %'],
    [10, '10x'],
    [123.4, '123x'],
    [0, '-100.0 %'],
    [null, '-'],
    [Infinity, '-'],
    [NaN, '-'],
  ])('%s is %s', (ratio, expected) => expect(change(ratio)).toBe(expected))

  test('an interval names its unit once, but for factors', () => {
    expect(changeInterval(0.995, 1.061)).toBe('-0.5..+6.1 %')
    expect(changeInterval(1.5, 12)).toBe('+50.0 %..12x')
  })
})

describe('the exact tier', () => {
  test('the verdict is the first and the last line, the worst finding the first row', () => {
    const findings = [
      finding({ kind: 'better', metric: 'ipis', before: 10, after: 5, ratio: 0.5 }),
      finding({}),
      finding({ oracle: 'full', metric: 'flush_rounds', before: 0, after: 2, ratio: null }),
      finding({
        kind: 'missing',
        cell: 'sim x y 2 CPUs',
        oracle: '',
        metric: '',
        before: null,
        after: null,
        ratio: null,
      }),
    ]
    expect(text(exact({ findings }))).toBe(`\
REGRESSION: 1 of 48 cells needs more than before.

48 cells run, 1,204 figures compared.

kind     cell                             metric               before  after   change
worse    sim batched munmap-storm 8 CPUs  flush_rounds (full)       0      2        -
worse    sim batched munmap-storm 8 CPUs  op_total_ns (local)    1000   1052   +5.2 %
missing  sim x y 2 CPUs                   -                         -      -        -
better   sim batched munmap-storm 8 CPUs  ipis (local)             10      5  -50.0 %

Figures are simulated and exact: the same on every machine. change: after against before. -: unknown.
full: the verified repetition, local: the timed one. tolerated: worse by no more than the baseline allows.

Undo the change, or accept it.

REGRESSION: 1 of 48 cells needs more than before.
`)
  })

  test('a pass has no table', () => {
    const verdict = exact({
      outcome: 'pass',
      reason: 'Nothing differs.',
      remedy: '',
      findings: [],
      cellCount: 1,
    })
    expect(text(verdict)).toBe(
      'PASS: Nothing differs.\n\n1 cell run, 1,204 figures compared.\n\nPASS: Nothing differs.\n',
    )
  })

  test('hashes are shortened, figures are not', () => {
    const long = finding({ metric: 'tape_hash', before: 'a'.repeat(64), after: 12_345_678.125, ratio: null })
    expect(text(exact({ findings: [long] }))).toMatch(/ a{21}\.\.\. {2}12345678\.125 /)
  })

  test('what is too long for the terminal is counted, and the file that has it named', () => {
    const findings = Array.from({ length: 20_000 }, (_, at) =>
      finding({ after: 1052 + at, ratio: (1052 + at) / 1000 }),
    )
    const lines = text(exact({ findings })).split('\n')
    expect(lines.filter((line) => line.startsWith('worse'))).toHaveLength(40)
    expect(lines).toContain('and 19,960 more in out/verdict.csv')
    // The worst is kept: 1052 + 19999.
    expect(lines.find((line) => line.startsWith('worse'))).toMatch(/ 21051 +21\.1x$/)
  })

  test('violations come first, with their commands as they are', () => {
    const command = `npm run bench -- --strategy ${'x'.repeat(150)}`
    const violations = Array.from({ length: 12 }, (_, at) => `CPU ${at} used a stale entry\n${command}`)
    const lines = text(exact({ outcome: 'violation', violations, findings: [] })).split('\n')
    expect(lines.slice(1, 5)).toEqual([
      '',
      'violations: 12',
      '    CPU 0 used a stale entry',
      `    ${command}`,
    ])
    expect(lines).toContain('and 2 more in out/verdict.json')
  })

  test('long names are folded, and no line is longer than the others', () => {
    const cell =
      'sim ./some/long/path/mine.js munmap-storm 8 CPUs '.repeat(4) + 'strategy.ceiling=64;workload.pages=4'
    const table = text(exact({ findings: [finding({ cell }), finding({})] }))
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(TABLE_WIDTH)
    const inTable = table.split('\n').slice(4, 10).join('').replaceAll(' ', '')
    for (const word of cell.split(/[ ;]/)) expect(inTable).toContain(word)
  })

  test('a name cannot break its row or move the terminal', () => {
    const plain = text(exact({ findings: [finding({})] }))
    const hostile = text(exact({ reason: HOSTILE, findings: [finding({ cell: HOSTILE, metric: 'm' })] }))
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(hostile).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
    // Lines that begin at the margin: none more, though the name takes two lines.
    const atMargin = (table: string) => table.match(/^\S/gm)
    expect(atMargin(hostile)).toHaveLength(atMargin(plain)!.length)
  })

  test('what is bad is red for those who want colour', () => {
    const red = '\u001b[31mREGRESSION: 1 of 48 cells needs more than before.\u001b[39m\n'
    const coloured = text(exact(), true)
    expect(coloured.startsWith(red)).toBe(true)
    expect(coloured.endsWith(`\n${red}`)).toBe(true)
    expect(coloured.replaceAll(red, '')).not.toContain('\u001b')
    expect(text(exact({ outcome: 'outdated' }), true)).not.toContain('\u001b')
  })
})

describe('worst', () => {
  test('is by kind, then by distance from before', () => {
    const kinds: ExactKind[] = ['tolerated', 'better', 'new', 'missing', 'not comparable', 'worse']
    expect(worstFirst(kinds.map((kind) => finding({ kind }))).map(({ kind }) => kind)).toEqual(
      kinds.toReversed(),
    )
    const ratios = [1.1, null, 3, 0.2, null].map((ratio) => finding({ ratio }))
    expect(worstFirst(ratios).map(({ ratio }) => ratio)).toEqual([null, null, 0.2, 3, 1.1])
  })

  test('ratio is the largest known of what is worse, or of a cell', () => {
    const findings = [
      finding({ ratio: 1.1 }),
      finding({ ratio: null }),
      finding({ kind: 'better', ratio: 5 }),
    ]
    expect(worstRatio(exact({ findings }))).toBe(1.1)
    expect(worstRatio(exact({ findings: [] }))).toBeNull()
    expect(worstRatio(wallClock())).toBe(1.052)
    // More than a call may have arguments.
    expect(
      worstRatio(exact({ findings: Array.from({ length: 300_000 }, () => finding({ ratio: 2 })) })),
    ).toBe(2)
  })
})

describe('the wall-clock tier', () => {
  test('shows each cell with what its outcome rests on, the worst first', () => {
    const warnings = ['the machine is busy']
    expect(text(wallClock({ warnings }))).toBe(`\
REGRESSION: 1 of 2 cells is slower than main.

Base 0123456789ab (main), head fedcba987654, with changes that are not committed. Looked for +5.0 %; slower is above
+2.5 % and significant at 0.05 in two batches. Budget 300 s, seed 1.

cell                                 base us  head us  change       low..high      p   n   finds  outcome
threads batched munmap-storm 2 CPUs        2     2.10  +5.2 %    +3.9..+6.1 %  0.004  20  +2.1 %  regression
    looked for +5.0 %; control +0.1 % (-0.4..+0.5 %); again +5.0 % (+4.1..+6.2 %), p 0.002, n 20; slower in both batches
threads lazy munmap-storm 2 CPUs           -       15  -2.0 %  -10.0..+20.0 %      1  20       -  inconclusive
    looked for +5.0 %; control +0.1 % (-0.4..+0.5 %); too noisy to find 5 %

change: head against base, above 0 is slower; low..high encloses it with 95 % coverage or more. n: fresh processes.
base, head: medians, figures of this machine. p: signed-rank test, one-sided, adjusted for all cells (Holm).
finds: the slowdown that would be found in 95 of 100 runs as noisy as this one. control: head against a second build
of itself, which should be no change. again: a second batch of fresh processes. -: unknown.

warning: the machine is busy

REGRESSION: 1 of 2 cells is slower than main.
`)
  })

  test('notes stand below the whole of a folded name', () => {
    const cell = `threads ${'long-name '.repeat(12)}end`
    const lines = text(wallClock({ cells: [{ ...SLOWER, cell }, NOISY] })).split('\n')
    const end = lines.findIndex((line) => line.trimEnd().endsWith('end'))
    expect(lines[end + 1]).toMatch(/^ {4}looked for \+5\.0 %; control \+0\.1 %/)
    expect(lines[end + 2]).toMatch(/^threads lazy/)
  })

  test('no cells, no table', () => {
    expect(text(wallClock({ cells: [], head: { commit: null, dirty: null } }))).not.toContain('low..high')
  })

  test('tiny p are not shown as zero', () => {
    expect(text(wallClock({ cells: [{ ...SLOWER, batch: comparison(1.1, 1, 1.2, 1e-9) }] }))).toContain(
      ' <0.001 ',
    )
  })
})
