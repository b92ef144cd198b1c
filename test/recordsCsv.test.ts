import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatCell, parseCell } from '../dist/src/records/cell.js'
import type { Column } from '../dist/src/records/columns.js'
import { parseCsv, readCsv } from '../dist/src/records/csvReader.js'
import { csvText, headerLine, rowLine } from '../dist/src/records/csvText.js'
import { SAMPLE_COLUMNS, type SampleRow } from '../dist/src/records/sampleColumns.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shootdown-csv-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const ROW: SampleRow = {
  schema_version: 1,
  run_id: 'r',
  engine: 'threads',
  strategy: 'batched',
  contract: 'return',
  workload: 'storm',
  params: 'strategy.ceiling=64;workload.pages=4',
  cpus: 8,
  profile: 'x86',
  seed: 1,
  tape_hash: 'abc',
  repetition: 1,
  oracle: 'local',
  ops: 9007199254740991,
  elapsed_ns: 1234.567,
  op_p50_ns: 0,
  op_p99_ns: null,
  op_max_ns: 1e21,
  ipis: 0,
  flush_rounds: 7,
  pages_invalidated: 123456789012,
  full_flushes: 0,
  tlb_misses: 3,
  responder_ns: 0.001,
  innocent_slowdown: 1.0625,
  held_frames_peak: 12,
  exposure_p99_ns: null,
  exposure_max_ns: null,
  violations: 0,
  oversubscribed: false,
  op_total_ns: 99,
  extrapolated: true,
  pass_ns: '1000;1001',
  failure: '',
  fault: '',
  exposure_p50_ns: 0.5,
  exposures_open: null,
  stale_p50_ns: 0,
  stale_p99_ns: null,
  stale_max_ns: null,
  stale_open: 1,
}
const HEADER = headerLine(SAMPLE_COLUMNS)
const GOOD = HEADER + rowLine(SAMPLE_COLUMNS, ROW)
const parse = (text: string, tolerateTornTail = false) =>
  parseCsv(text, 'samples.csv', SAMPLE_COLUMNS, { tolerateTornTail })
const withCell = (name: keyof SampleRow, cell: string) => {
  const cells = rowLine(SAMPLE_COLUMNS, ROW).trimEnd().split(',')
  cells[SAMPLE_COLUMNS.findIndex((column) => column.name === name)] = cell
  return `${HEADER}${cells.join(',')}\n`
}
const columnOf = (name: keyof SampleRow): Column => SAMPLE_COLUMNS.find((column) => column.name === name)!

describe('writing', () => {
  test('one row is exactly these bytes', () => {
    expect(rowLine(SAMPLE_COLUMNS, ROW)).toBe(
      '1,r,threads,batched,return,storm,strategy.ceiling=64;workload.pages=4,8,x86,1,abc,1,local,9007199254740991,1234.567,' +
        '0,,1e+21,0,7,123456789012,0,3,0.001,1.0625,12,,,0,false,99,true,1000;1001,,,0.5,,0,,,1\n',
    )
  })

  test('the order of the properties does not matter, nor do properties that are no columns', () => {
    const reversed = Object.fromEntries(
      [...Object.entries(ROW), ['other', 1]].reverse(),
    ) as unknown as SampleRow
    expect(rowLine(SAMPLE_COLUMNS, reversed)).toBe(rowLine(SAMPLE_COLUMNS, ROW))
  })

  test('a text with commas, quotes and line breaks stays one line and comes back', () => {
    const failure = 'CPU 3, "worker"\r\n  did not answer\nuse --watchdog'
    const line = rowLine(SAMPLE_COLUMNS, { ...ROW, failure })
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(parse(HEADER + line).rows[0].failure).toBe(
      'CPU 3, "worker" /   did not answer / use --watchdog'.replace('/   did', '/ did'),
    )
  })

  test('a failure of nothing but line breaks is still a failure', () => {
    expect(parse(HEADER + rowLine(SAMPLE_COLUMNS, { ...ROW, failure: '\n' })).rows[0].failure).not.toBe('')
  })

  test.each<[keyof SampleRow, unknown, string]>([
    ['elapsed_ns', NaN, 'elapsed_ns'],
    ['elapsed_ns', Infinity, 'elapsed_ns'],
    ['ipis', 1.5, 'column ipis: "1.5" is not an integer'],
    ['ops', 2 ** 53, 'beyond 2^53'],
    ['ipis', -1, 'column ipis: -1 is below 0'],
    ['ipis', '7', 'column ipis: "7" is not an integer'],
    ['cpus', null, 'column cpus: is empty'],
    ['oversubscribed', 1, 'column oversubscribed'],
    ['contract', 'sometimes', 'none of return, bounded, reuse, none'],
    ['run_id', '', 'column run_id: is empty'],
    ['run_id', undefined, 'column run_id: the row has no such value'],
  ])('%s = %s is refused', (name, value, message) => {
    expect(() => rowLine(SAMPLE_COLUMNS, { ...ROW, [name]: value })).toThrow(message)
  })

  test('what is written is read back: every figure', () => {
    const figure = columnOf('elapsed_ns')
    const counter = columnOf('ipis')
    fc.assert(
      fc.property(
        fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
        fc.maxSafeNat(),
        (time, amount) => {
          expect(parseCell(figure, formatCell(figure, time))).toEqual({ value: time === 0 ? 0 : time })
          expect(parseCell(counter, formatCell(counter, amount))).toEqual({ value: amount })
        },
      ),
    )
  })

  test('what is written is read back: every text without a line break', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\r\n]/.test(value))
    fc.assert(
      fc.property(text, text, (failure, params) => {
        const row = { ...ROW, failure, params }
        expect(parse(csvText(SAMPLE_COLUMNS, [row, row])).rows).toEqual([row, row])
      }),
    )
  })
})

describe('reading', () => {
  test('gives back what was written, null for empty figures and empty text for empty texts', () => {
    expect(parse(GOOD)).toEqual({ rows: [ROW], tornTail: null, extraColumns: [] })
  })

  test('goes by name: another order and more columns are fine, and the latter are named', () => {
    const [header, row] = GOOD.trimEnd()
      .split('\n')
      .map((line) => line.split(','))
    const text = `${['flavour', ...header.toReversed()].join(',')}\n${['x', ...row.toReversed()].join(',')}\n`
    expect(parse(text)).toEqual({ rows: [ROW], tornTail: null, extraColumns: ['flavour'] })
  })

  test('takes what a spreadsheet makes of the file: a byte order mark and CRLF', () => {
    expect(parse(`\uFEFF${GOOD.replaceAll('\n', '\r\n')}`).rows).toEqual([ROW])
  })

  test('a header alone is a file without rows', () => {
    expect(parse(HEADER)).toEqual({ rows: [], tornTail: null, extraColumns: [] })
  })

  test.each([
    [
      'another schema version',
      withCell('schema_version', '2'),
      ['samples.csv line 2 has schema_version 2', 'this program reads 1'],
    ],
    ['no schema version', 'a,b\n1,2\n', ['samples.csv', 'no column schema_version']],
    [
      'another version with other columns',
      'schema_version,new\n2,x\n',
      ['has schema_version 2', 'this program reads 1'],
    ],
    ['a missing column', 'schema_version,run_id\n1,r\n', ['lacks 39 columns engine, strategy', 'fault']],
    ['a column twice', `schema_version,${GOOD.replace('\n', '\n1,')}`, ['the column schema_version twice']],
    ['an empty file', '', ['samples.csv is empty']],
    [
      'a float for a count',
      withCell('ipis', '1.5'),
      ['samples.csv line 2', 'column ipis: "1.5" is not an integer'],
    ],
    ['an exponent for a count', withCell('ipis', '1e3'), ['column ipis']],
    ['NaN', withCell('elapsed_ns', 'NaN'), ['column elapsed_ns: "NaN" is not a number']],
    ['Infinity', withCell('elapsed_ns', 'Infinity'), ['column elapsed_ns']],
    ['a number beyond all numbers', withCell('elapsed_ns', '1e999'), ['column elapsed_ns']],
    ['hexadecimal', withCell('elapsed_ns', '0x10'), ['column elapsed_ns']],
    ['a space', withCell('ipis', ' 7'), ['column ipis']],
    [
      'a boolean of another kind',
      withCell('oversubscribed', '0'),
      ['column oversubscribed: "0" is not `true` or `false`'],
    ],
    ['a negative count', withCell('ipis', '-1'), ['column ipis: -1 is below 0']],
    ['an inexact integer', withCell('ops', '9007199254740993'), ['column ops', '2^53']],
    ['an empty key', withCell('strategy', ''), ['column strategy: is empty']],
    ['an unknown contract', withCell('contract', 'never'), ['column contract: "never" is none of return']],
    ['a row that is too short', `${GOOD}1,2\n`, ['samples.csv is not CSV', 'line 3']],
    ['an open quote', `${GOOD}"\n`, ['samples.csv is not CSV']],
  ])('refuses %s', (_what, text, parts) => {
    let message = ''
    try {
      parse(text)
    } catch (error) {
      expect(error).toHaveProperty('name', 'UsageError')
      message = (error as Error).message
    }
    for (const part of parts) expect(message).toContain(part)
    expect(message.split('\n').length).toBeLessThanOrEqual(4)
  })

  test('the line of a wrong cell is that of the file', () => {
    const bad = withCell('ipis', 'x').slice(HEADER.length)
    expect(() => parse(GOOD + rowLine(SAMPLE_COLUMNS, ROW) + bad)).toThrow('samples.csv line 4')
  })

  test('a file that is not there is a usage error', () => {
    expect(() => readCsv(join(folder, 'none.csv'), SAMPLE_COLUMNS)).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining('none.csv') }),
    )
  })
})

describe('a torn last row', () => {
  test('is refused by default, even where it would parse, with its line and the remedy', () => {
    // `99,true,1000;1001,` cut inside the last figure is a row that is wrong and looks right.
    expect(() => parse(GOOD.slice(0, -1))).toThrow(/line 2 does not end[^]*--resume/)
  })

  test('is dropped on request at every place it may be cut, and said to be', () => {
    const second = rowLine(SAMPLE_COLUMNS, { ...ROW, failure: 'a, "b" \u00fc' })
    for (let at = 1; at < second.length; at++) {
      const torn = second.slice(0, at)
      expect(parse(GOOD + torn, true)).toEqual({ rows: [ROW], tornTail: torn, extraColumns: [] })
    }
  })

  test('may be the header', () => {
    expect(parse(HEADER.slice(0, 20), true)).toEqual({
      rows: [],
      tornTail: HEADER.slice(0, 20),
      extraColumns: [],
    })
  })

  test('a whole file is not cut when that is allowed', () => {
    const file = join(folder, 'whole.csv')
    writeFileSync(file, GOOD)
    expect(readCsv(file, SAMPLE_COLUMNS, { tolerateTornTail: true })).toEqual({
      rows: [ROW],
      tornTail: null,
      extraColumns: [],
    })
    expect(readFileSync(file, 'utf8')).toBe(GOOD)
  })

  test('does not forgive a wrong row before it', () => {
    expect(() => parse(`${withCell('ipis', 'x')}1,2`, true)).toThrow('column ipis')
  })
})
