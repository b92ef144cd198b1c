import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { appendStepOutputs, appendStepSummary } from '../dist/src/gate/output/githubFiles.js'
import type { Verdict } from '../dist/src/gate/verdict.js'
import { annotations } from '../dist/src/report/gate/annotations.js'
import { escapeMarkdown, fitSections, markdownRow } from '../dist/src/report/gate/markdown.js'
import { stepSummary } from '../dist/src/report/gate/stepSummary.js'
import { comparison, exact, FILES, finding, HOSTILE, SLOWER, wallClock } from './support/verdicts.js'

const LIMIT = 1024 * 1024
const MANY = Array.from({ length: 20_000 }, (_, at) =>
  finding({
    cell: `sim batched munmap-storm:pages=${at} 8 CPUs`,
    kind: at % 2 === 0 ? 'worse' : 'tolerated',
  }),
)

let folder: string
let page: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shootdown-github-'))
  page = join(folder, 'summary.md')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What a reader of HTML makes of character references. */
const shown = (markdown: string) =>
  markdown.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))

describe('Markdown', () => {
  test('leaves nothing that begins markup, and shows what was there', () => {
    const escaped = escapeMarkdown(HOSTILE)
    expect(escaped).not.toMatch(/[<>|`*[\]\\~$@]|&(?!#\d+;)|(?<!&)#|:\S/)
    expect(shown(escaped)).toBe(
      '| a ::error::b <img src=x> `c` \\| **d** [e](http://f) @g #1 :h: $i$ 100 % [31m j',
    )
    expect(escapeMarkdown('flush_rounds of _x_ and __y__')).toBe(
      'flush_rounds of &#95;x&#95; and &#95;&#95;y&#95;&#95;',
    )
  })

  test('any text is one cell of one row', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const row = markdownRow([text, 'x'])
        // Neither a `|` nor a backslash is left that could count otherwise.
        expect(row.split('|')).toHaveLength(4)
        expect(row.indexOf('\n')).toBe(row.length - 1)
        expect(row).not.toContain('\\')
      }),
    )
  })

  test('the exact tier: the verdict first, what decided it, the rest folded', () => {
    const findings = [
      finding({}),
      finding({ kind: 'tolerated', metric: 'ipis', before: 100, after: 101, ratio: 1.01 }),
    ]
    const markdown = stepSummary(exact({ findings, reason: '- 1. # worse' }), FILES, LIMIT)!
    expect(markdown.slice(0, markdown.indexOf('<sub>'))).toBe(`\
## Performance gate, exact tier: regression

**- 1. &#35; worse**

Undo the change, or accept it.

48 cells run, 1,204 figures compared.

| kind | cell | metric | before | after | change |
| --- | --- | --- | ---: | ---: | ---: |
| worse | sim batched munmap-storm 8 CPUs | op_total_ns (local) | 1000 | 1052 | +5.2 % |

<details><summary>Other differences (1)</summary>

| kind | cell | metric | before | after | change |
| --- | --- | --- | ---: | ---: | ---: |
| tolerated | sim batched munmap-storm 8 CPUs | ipis (local) | 100 | 101 | +1.0 % |

</details>

`)
  })

  test('the wall-clock tier: figures open, controls and warnings folded', () => {
    const markdown = stepSummary(wallClock({ cells: [SLOWER], warnings: ['busy'] }), FILES, LIMIT)!
    const [open, controls] = markdown.split('<details><summary>Controls and reasons</summary>')
    expect(open).toContain(
      '| threads batched munmap-storm 2 CPUs | 2 | 2.10 | +5.2 % | +3.9..+6.1 % | 0.004 | 20 | +2.1 % | regression |',
    )
    expect(controls).toContain(
      'looked for +5.0 %; control +0.1 % (-0.4..+0.5 %); again +5.0 % (+4.1..+6.2 %), p 0.002, n 20; slower in both batches |',
    )
    expect(markdown).toContain('<details><summary>Warnings (1)</summary>\n\n- busy\n\n</details>')
  })

  test('a paragraph that looks like a list is none', () => {
    expect(stepSummary(exact({ remedy: '- x' }), FILES, LIMIT)).toContain('\n\n&#45; x\n\n')
    expect(stepSummary(exact({ remedy: '12. x' }), FILES, LIMIT)).toContain('\n\n12&#46; x\n\n')
  })
})

describe('the page of a step', () => {
  const append = (verdict: Verdict) =>
    appendStepSummary(page, (budget) => stepSummary(verdict, FILES, budget))
  const counts = (markdown: string) =>
    [...markdown.matchAll(/^([\d,]+) (\w+) more were cut/gm)].map((match) => match[1])

  test('20,000 findings are cut below 1 MiB, and counted', () => {
    expect(append(exact({ findings: MANY }))).toBeNull()
    const markdown = readFileSync(page, 'utf8')
    expect(statSync(page).size).toBeLessThan(LIMIT)
    // Filled as far as it goes: less room is left than a row takes.
    expect(statSync(page).size).toBeGreaterThan(LIMIT - 500)
    const rows = markdown.match(/^\| (worse|tolerated) /gm)!
    const cut = counts(markdown).map((count) => Number(count.replace(',', '')))
    expect(rows.length + cut.reduce((sum, count) => sum + count, 0)).toBe(20_000)
    expect(markdown).toContain('out/verdict.csv has all.')
    expect(markdown.startsWith('## Performance gate, exact tier: regression\n\n**1 of 48')).toBe(true)
  })

  test('beside a page that is nearly full, the verdict still stands, and nothing is dropped', () => {
    const before = `# Earlier\n${'x'.repeat(LIMIT - 2000)}`
    writeFileSync(page, before)
    expect(append(exact({ findings: MANY, violations: ['v'.repeat(5000)] }))).toBeNull()
    const markdown = readFileSync(page, 'utf8')
    expect(statSync(page).size).toBeLessThan(LIMIT)
    expect(markdown.startsWith(`${before}\n\n## Performance gate, exact tier: regression\n\n**1 of 48`)).toBe(
      true,
    )
    expect(counts(markdown)).toHaveLength(3)
    expect(markdown).toContain('\n1 violations more were cut')
  })

  test('for every budget that has room for the counts, each row is shown or counted', () => {
    const section = (rowsAre: string) => ({
      before: '<',
      rows: Array.from({ length: 12 }, (_, at) => `${rowsAre} row ${'x'.repeat(at)}\n`),
      after: '>',
      rowsAre,
      allIn: 'f',
    })
    const sections = ['alpha', 'beta', 'gamma'].map(section)
    // The longest note: "\n12 alpha more were cut; f has all.\n" and the like.
    const notes = sections.reduce(
      (sum, { rowsAre }) => sum + `\n12 ${rowsAre} more were cut; f has all.\n`.length,
      0,
    )
    for (let budget = notes; budget < 800; budget++) {
      const text = fitSections(sections, budget)
      expect(text.length).toBeLessThanOrEqual(budget)
      for (const { rowsAre } of sections) {
        const shownRows = text.match(new RegExp(`(?:^|<)${rowsAre} row`, 'gm'))?.length ?? 0
        const cut = Number(new RegExp(`^>?(\\d+) ${rowsAre} more`, 'm').exec(text)?.[1] ?? 0)
        expect([budget, rowsAre, shownRows + cut]).toEqual([budget, rowsAre, 12])
      }
    }
  })

  test('a page without room for the verdict is left alone, and why is told', () => {
    writeFileSync(page, 'x'.repeat(LIMIT - 100))
    expect(append(exact())).toBe('only 97 bytes are left below 1 MiB, above which GitHub shows nothing')
    expect(statSync(page).size).toBe(LIMIT - 100)
  })

  test('two steps of one file stand below each other', () => {
    append(exact({ outcome: 'pass' }))
    append(exact())
    expect(readFileSync(page, 'utf8').match(/^\n*## .*$/gm)).toHaveLength(2)
    expect(readFileSync(page, 'utf8')).toContain('\n\n## Performance gate, exact tier: regression')
  })

  test('whatever the budget, all of verdict and reason or nothing, and never more than it', () => {
    const reason = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(
        reason,
        fc.nat(6000),
        fc.nat(30),
        fc.array(reason, { maxLength: 5 }),
        (text, budget, rows, violations) => {
          const findings = Array.from({ length: rows }, (_, at) =>
            finding({ cell: text, kind: at % 2 === 0 ? 'worse' : 'new' }),
          )
          const cells = findings.map((_, at) => ({
            ...SLOWER,
            cell: text,
            batch: comparison(1 + at, 1, 2, 0.5),
          }))
          for (const verdict of [
            exact({ reason: text, findings, violations }),
            wallClock({ reason: text, cells, violations }),
          ]) {
            const markdown = stepSummary(verdict, FILES, budget)
            const whole = stepSummary(verdict, FILES, LIMIT)!
            const bare = { ...verdict, findings: [], cells: [], violations: [] }
            const head = Buffer.byteLength(stepSummary(bare, FILES, LIMIT)!)
            expect(markdown === null).toBe(head > budget)
            if (markdown === null) continue
            expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(budget)
            expect(markdown).toContain(`tier: regression\n\n**${escapeMarkdown(text)}**\n\n`)
            expect((markdown.match(/<details>/g) ?? []).length).toBe(
              (markdown.match(/<\/details>/g) ?? []).length,
            )
            if (Buffer.byteLength(whole) <= budget) expect(markdown).toBe(whole)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** As the runner reads a line: actions/runner, src/Runner.Common/ActionCommand.cs, TryParseV2. */
function parseCommand(line: string): { level: string; title: string; message: string } {
  const [, info, data] = /^::(.*?)::(.*)$/s.exec(line)!
  const [, level, properties] = /^(\w+) (.*)$/s.exec(info)!
  const pairs = properties.split(',').map((pair) => pair.split(/=(.*)/s).slice(0, 2))
  expect(pairs.map(([name]) => name)).toEqual(['title'])
  const unescape = (text: string, also: [string, string][]) =>
    [...also, ['%0D', '\r'], ['%0A', '\n'], ['%25', '%']].reduce(
      (left, [from, to]) => left.replaceAll(from, to),
      text,
    )
  return {
    level,
    title: unescape(pairs[0][1], [
      ['%3A', ':'],
      ['%2C', ','],
    ]),
    message: unescape(data, []),
  }
}

describe('annotations', () => {
  const parsed = (verdict: Verdict) => annotations(verdict, FILES).trimEnd().split('\n').map(parseCommand)

  test('exact text', () => {
    expect(annotations(exact(), FILES)).toBe(
      '::error title=performance gate%2C exact tier%3A regression::1 of 48 cells needs more than before.%0AUndo the change, or accept it.\n' +
        '::error title=worse%3A sim batched munmap-storm 8 CPUs::op_total_ns (local): 1000, now 1052 (+5.2 %25)\n',
    )
  })

  test.each([
    ['pass', 'notice'],
    ['regression', 'error'],
    ['violation', 'error'],
    ['inconclusive', 'warning'],
    ['outdated', 'warning'],
  ] as const)('%s is a %s', (outcome, level) => {
    for (const verdict of [exact({ outcome, findings: [] }), wallClock({ outcome, cells: [] })]) {
      expect(parsed(verdict).map((command) => command.level)).toEqual([level])
    }
  })

  test('at most ten of a level, the rest counted', () => {
    const violations = Array.from({ length: 30 }, (_, at) => `v${at}`)
    const findings = [...MANY.slice(0, 100), ...Array.from({ length: 30 }, () => finding({ kind: 'new' }))]
    const both = parsed(exact({ outcome: 'violation', findings, violations }))
    expect(both.filter(({ level }) => level === 'error')).toHaveLength(10)
    // The first is the verdict, the last the count: 30 violations and 50 worse figures, 8 of them shown.
    expect(both[9].message).toBe('72 more in out/verdict.json')
    const outdated = parsed(exact({ outcome: 'outdated', findings: findings.slice(100) }))
    expect(outdated).toHaveLength(10)
    expect(outdated[9].message).toBe('22 more in out/verdict.json')
    expect(parsed(exact({ outcome: 'outdated', findings: findings.slice(100, 109) }))).toHaveLength(10)
  })

  test('hostile names stay inside their property and their line', () => {
    const [first, second] = parsed(
      exact({ reason: HOSTILE, remedy: 'x', findings: [finding({ cell: 'a,b:c%3A::d\r\n::error::e' })] }),
    )
    expect(first.message).toBe(`${HOSTILE}\nx`)
    expect(second.title).toBe('worse: a,b:c%3A::d ::error::e')
  })

  test('cells of the wall-clock tier by their own outcome', () => {
    expect(parsed(wallClock()).slice(1)).toEqual([
      {
        level: 'error',
        title: 'slower: threads batched munmap-storm 2 CPUs',
        message: '+5.2 % (+3.9..+6.1 %), slower in both batches',
      },
      {
        level: 'warning',
        title: 'inconclusive: threads lazy munmap-storm 2 CPUs',
        message: '-2.0 % (-10.0..+20.0 %), too noisy to find 5 %',
      },
    ])
  })
})

/** As the runner reads the file: actions/runner, src/Runner.Worker/FileCommandManager.cs. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = text.split('\n')
  while (lines.length > 0) {
    const line = lines.shift()!
    if (line === '') continue
    const [, name, delimiter] = /^([^=]*?)<<(.*)$/.exec(line)!
    outputs[name] = lines.splice(0, lines.indexOf(delimiter)).join('\n')
    expect(lines.shift()).toBe(delimiter)
  }
  return outputs
}

describe('outputs of a step', () => {
  test('are read back as they were, several lines included', () => {
    const outputs = { verdict: 'pass', reason: 'a\nverdict=fail\nend\n<<', 'worst-ratio': '' }
    const path = join(folder, 'output')
    expect(appendStepOutputs(path, outputs)).toBeNull()
    expect(appendStepOutputs(path, { report: 'x=y' })).toBeNull()
    expect(parseOutputs(readFileSync(path, 'utf8'))).toEqual({ ...outputs, report: 'x=y' })
  })

  test('no value can know its delimiter', () => {
    appendStepOutputs(page, { a: 'x' })
    appendStepOutputs(page, { a: 'x' })
    const delimiters = readFileSync(page, 'utf8').match(/<<.*/g)
    expect(new Set(delimiters).size).toBe(2)
  })
})
