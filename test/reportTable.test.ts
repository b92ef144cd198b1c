import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { parseCsv } from '../dist/src/records/csvReader.js'
import { SUMMARY_COLUMNS, type SummaryRow } from '../dist/src/records/summaryColumns.js'
import { colourWanted } from '../dist/src/report/colour.js'
import { parseFormat, renderSummary } from '../dist/src/report/formats.js'
import { commonUnit, count, ratio, significant, time } from '../dist/src/report/number.js'
import { TABLE_WIDTH, renderTable } from '../dist/src/report/table.js'
import { wrap } from '../dist/src/report/wrap.js'
import { BASE, summaryRow } from './support/summaryRow.js'

const row = summaryRow
const EMPTY: Partial<SummaryRow> = {
  repetitions: 0,
  ops: null,
  ns_per_op: null,
  ns_per_op_low: null,
  ns_per_op_high: null,
  op_p50_ns: null,
  op_p99_ns: null,
  op_max_ns: null,
  ipis_per_op: null,
  flush_rounds_per_op: null,
  pages_invalidated_per_op: null,
  full_flushes_per_op: null,
  tlb_misses_per_op: null,
  responder_ns_per_op: null,
  innocent_slowdown: null,
  held_frames_peak: null,
  exposure_p99_ns: null,
  exposure_max_ns: null,
  exposure_p50_ns: null,
  exposures_open: null,
  violations: null,
  oversubscribed: null,
  vs_immediate: null,
  vs_linux: null,
}
const lines = (rows: SummaryRow[], colour = false) => renderTable(rows, { colour }).split('\n')
const lineOf = (rows: SummaryRow[], strategy: string) =>
  lines(rows).find((line) => line.startsWith(`    ${strategy}`))!
/** The strategies of the first block, in the order in which they stand. */
const order = (rows: SummaryRow[]) =>
  lines(rows).flatMap(
    (line) => /^ {4}(?!strategy)(\S+)/.exec(line)?.[1] ?? /^ {2}(contract .*)/.exec(line)?.[1] ?? [],
  )

describe('numbers', () => {
  test.each([
    [0, '0'],
    [7, '7'],
    [1.5, '1.50'],
    [12.345, '12.3'],
    [123.45, '123'],
    [999.4, '999'],
    [999.6, '1000'],
    [1234.5, '1235'],
    [99_999, '99999'],
    [99_999.5, '1.00e5'],
    [2 ** 53, '9.01e15'],
    [0.001, '0.00100'],
    [0.0001234, '1.23e-4'],
  ])('%d is written %s', (value, text) => {
    expect(significant(value)).toBe(text)
  })

  test('unknown is a dash, and zero is not unknown', () => {
    expect([count(null), ratio(null), time(null, commonUnit([]))]).toEqual(['-', '-', '-'])
    expect([count(0), ratio(0), time(0, commonUnit([]))]).toEqual(['0', '0x', '0'])
  })

  test.each([
    [[null, 0], 'ns'],
    [[999.9], 'ns'],
    [[1000, 5e9], 'us'],
    [[2e6, 0, null], 'ms'],
    [[1e9], 's'],
    [[0.25], 'ns'],
  ])('times %j have the unit %s', (times, unit) => {
    expect(commonUnit(times).name).toBe(unit)
  })

  test('a time that is too long for the unit of its column brings its own', () => {
    const ns = commonUnit([1])
    expect(time(99_999, ns)).toBe('99999')
    expect(time(1_234_567, ns)).toBe('1.23ms')
    expect(time(5e12, ns)).toBe('5000s')
  })
})

describe('wrapping', () => {
  test('breaks at spaces and after separators, and keeps every character', () => {
    expect(wrap('batched ceiling=64;slots=2', 12)).toEqual(['batched', 'ceiling=64;', 'slots=2'])
    expect(wrap('abcdefgh', 3)).toEqual(['abc', 'def', 'gh'])
    expect(wrap('ab cd', 5)).toEqual(['ab cd'])
    expect(wrap('ab cd', 2)).toEqual(['ab', 'cd'])
    expect(wrap('a bc d', 4)).toEqual(['a bc', 'd'])
  })

  test('never exceeds the width and loses nothing but spaces', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z; ]{0,60}$/), fc.integer({ min: 1, max: 20 }), (text, width) => {
        const wrapped = wrap(text, width)
        for (const line of wrapped) expect(line.length).toBeLessThanOrEqual(width)
        expect(wrapped.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      }),
    )
  })
})

describe('the table', () => {
  test('never ranks cells of different faults together, and says which is which', () => {
    const text = lines([BASE, row({ fault: 'stall-cpu', strategy: 'faster', ns_per_op: 1 })])
    const titles = text.filter((line) => line.startsWith('threads | '))
    expect(titles).toEqual([
      'threads | munmap-storm | 8 CPUs | profile x86 | seed 1',
      'threads | munmap-storm | 8 CPUs | profile x86 | seed 1 | fault stall-cpu',
    ])
    expect(text.at(-2)).toMatch(/^fault: disturbed on purpose; .{20,}$/)
    expect(lines([BASE]).join()).not.toContain('fault')
  })

  test('has the units in its heading and the figures of a row in one line', () => {
    const [title, heading, units, contract, figures] = lines([BASE])
    expect(title).toBe('threads | munmap-storm | 8 CPUs | profile x86 | seed 1')
    expect(heading.trim().split(/ {2,}/)).toEqual([
      'strategy',
      'op',
      'low..high',
      'vs',
      'IPIs',
      'op p99',
      'responder',
      'innocents',
      'held',
      'exposure',
    ])
    expect(units.trim().split(/ {2,}/)).toEqual([
      'us/op',
      'us/op',
      'immediate',
      '/op',
      'us',
      'ns/op',
      'slowdown',
      'frames',
      'p99 ms',
    ])
    expect(contract).toBe('  contract return')
    expect(figures.trim().split(/ {2,}/)).toEqual([
      'linux',
      '1.23',
      '1.20..1.29',
      '2.31x',
      '7.25',
      '45.7',
      '210',
      '1.25x',
      '64',
      '9.88',
    ])
  })

  test('has a block for each engine, workload and CPU count, and other work in another one', () => {
    const rows = [
      BASE,
      row({ engine: 'sim' }),
      row({ cpus: 1 }),
      row({ workload: 'web' }),
      row({ params: 'workload.pages=4' }),
    ]
    expect(lines(rows).filter((line) => line.includes(' | '))).toEqual([
      'threads | munmap-storm | 8 CPUs | profile x86 | seed 1',
      'sim | munmap-storm | 8 CPUs | profile x86 | seed 1',
      'threads | munmap-storm | 1 CPU | profile x86 | seed 1',
      'threads | web | 8 CPUs | profile x86 | seed 1',
      'threads | munmap-storm pages=4 | 8 CPUs | profile x86 | seed 1',
    ])
  })

  test('shows the parameters of the strategy with it', () => {
    expect(
      lineOf([row({ strategy: 'batched', params: 'strategy.ceiling=64;workload.pages=4' })], 'batched'),
    ).toContain('batched ceiling=64  ')
  })

  test('keeps contracts apart and ranks within them; `none` comes last, unranked', () => {
    const rows = [
      row({ strategy: 'free-slow', contract: 'none', ns_per_op: 9 }),
      row({ strategy: 'free', contract: 'none', ns_per_op: 1 }),
      row({ strategy: 'luf', contract: 'reuse', ns_per_op: 2 }),
      row({ strategy: 'slow', ns_per_op: 20 }),
      row({ strategy: 'fast', ns_per_op: 10 }),
      row({ strategy: 'tick', contract: 'bounded', ns_per_op: 3 }),
      row({ ...EMPTY, strategy: 'crashed', contract: '', failed_repetitions: 1 }),
    ]
    expect(order(rows)).toEqual([
      'contract return',
      'fast',
      'slow',
      'contract bounded',
      'tick',
      'contract reuse',
      'luf',
      'contract none (unsafe references, not ranked)',
      'free-slow',
      'free',
      'contract unknown',
      'crashed',
    ])
  })

  test('a strategy that broke its promise never leads, and one without figures comes last', () => {
    const rows = [
      row({ ...EMPTY, strategy: 'skipped', skipped: 'why' }),
      row({ strategy: 'broken', ns_per_op: 1, violations: 1 }),
      row({ strategy: 'slow', ns_per_op: 20 }),
      row({ strategy: 'fast', ns_per_op: 10 }),
    ]
    expect(order(rows)).toEqual(['contract return', 'fast', 'slow', 'broken', 'skipped'])
  })

  test('violations stand on a line of their own; under `none` they are no alarm', () => {
    expect(lines([row({ violations: 12 })])).toContain('      VIOLATIONS 12')
    const none = lines([row({ violations: 12, contract: 'none' })])
    expect(none).toContain('      violations 12 (contract none promises nothing)')
    expect(none.join()).not.toContain('VIOLATIONS')
    expect(lines([BASE]).join().toLowerCase()).not.toContain('violations')
  })

  test('skipped, failed and missing cells say so', () => {
    expect(lineOf([row({ ...EMPTY, skipped: 'needs broadcast' })], 'linux')).toMatch(
      /linux +skipped: needs broadcast$/,
    )
    expect(lineOf([row({ ...EMPTY, failed_repetitions: 6 })], 'linux')).toMatch(
      /linux +FAILED: 6 repetitions; samples\.csv says why$/,
    )
    expect(lineOf([row(EMPTY)], 'linux')).toMatch(/linux +not measured$/)
    const half = lines([row({ failed_repetitions: 1 })])
    expect(half).toContain('      FAILED 1 repetition; samples.csv says why')
    expect(half.join()).toContain('1.23')
  })

  test('an unknown figure is a dash', () => {
    const text = lineOf([row({ ns_per_op_low: null, ns_per_op_high: null, exposure_p99_ns: null })], 'linux')
    expect(text.trim().split(/ {2,}/)).toEqual([
      'linux',
      '1.23',
      '-',
      '2.31x',
      '7.25',
      '45.7',
      '210',
      '1.25x',
      '64',
      '-',
    ])
  })

  test('what holds for a whole block stands in its title, what holds for a row below it', () => {
    const marked = row({ oversubscribed: true, extrapolated: true })
    expect(lines([marked, row({ strategy: 'luf', oversubscribed: true, extrapolated: true })])[0]).toContain(
      'oversubscribed | extrapolated',
    )
    const mixed = lines([marked, row({ strategy: 'luf', oversubscribed: true })])
    expect(mixed[0]).toContain('| oversubscribed')
    expect(mixed[0]).not.toContain('extrapolated')
    expect(mixed).toContain('      extrapolated')
    // A skipped row knows nothing about it and does not count.
    expect(lines([marked, row({ ...EMPTY, strategy: 'luf', skipped: 'x' })])[0]).toContain(
      'oversubscribed | extrapolated',
    )
    // Nor does one that stands first.
    expect(lines([row({ ...EMPTY, strategy: 'luf', skipped: 'x' }), marked])[0]).toContain(
      'oversubscribed | extrapolated',
    )
  })

  test('of nothing says so', () => {
    expect(renderTable([], { colour: false })).toBe('Nothing was measured.\n')
  })

  test('is never wider than 120 columns, whatever the names and numbers, and hides no part of a name', () => {
    const figure = fc.oneof(
      fc.constant(null),
      fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeNat(),
    )
    const name = fc.stringMatching(/^[a-z+_-]{1,200}$/, { size: 'max' })
    const wild = fc.record({
      strategy: name,
      workload: name,
      profile: name,
      params: name.map((text) => `strategy.${text}=9007199254740991;strategy.z=1`),
      ns_per_op: figure,
      ns_per_op_low: figure,
      ns_per_op_high: figure,
      op_p99_ns: figure,
      ipis_per_op: figure,
      responder_ns_per_op: figure,
      innocent_slowdown: figure,
      held_frames_peak: figure,
      exposure_p99_ns: figure,
      vs_immediate: figure,
      violations: fc.option(fc.maxSafeNat()),
      failed_repetitions: fc.oneof(fc.constant(0), fc.maxSafeNat()),
      skipped: fc.oneof(fc.constant(''), name),
      oversubscribed: fc.boolean(),
      extrapolated: fc.boolean(),
      contract: fc.constantFrom('return', 'none', ''),
    })
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            wild,
            wild.map((changes) => ({ ...changes, ...EMPTY })),
          ),
          { minLength: 1, maxLength: 4 },
        ),
        (changes) => {
          const text = renderTable(
            changes.map((change) => row(change)),
            { colour: false },
          )
          for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(TABLE_WIDTH)
        },
      ),
    )
    const strategy = 'a-very-long-name-of-a-strategy-'.repeat(6)
    const broken = lines([row({ strategy, ns_per_op: 1e300, held_frames_peak: 2 ** 53 - 1 })]).slice(4, -4)
    expect(broken.map((line) => line.slice(4).split(' ')[0]).join('')).toBe(strategy)
    expect(TABLE_WIDTH).toBe(120)
  })
})

describe('colour', () => {
  test.each<[boolean | undefined, string | undefined, boolean]>([
    [true, undefined, true],
    [true, '', true],
    [true, '1', false],
    [true, '0', false],
    [false, undefined, false],
    [undefined, undefined, false],
    [false, '1', false],
  ])('terminal %s and NO_COLOR %j: %s', (isTTY, noColor, wanted) => {
    const environment = { ...(noColor === undefined ? {} : { NO_COLOR: noColor }), FORCE_COLOR: '1' }
    expect(colourWanted(isTTY === undefined ? {} : { isTTY }, environment)).toBe(wanted)
  })

  const alarming = [
    row({ violations: 12 }),
    row({ strategy: 'half', failed_repetitions: 2 }),
    row({ ...EMPTY, strategy: 'dead', failed_repetitions: 6 }),
    row({ strategy: 'free', contract: 'none', violations: 3 }),
    row({ ...EMPTY, strategy: 'sgx', skipped: 'x' }),
  ]
  const RED = '\u001B[31m'

  test('marks violations and failures, and nothing else', () => {
    const red = lines(alarming, true).filter((line) => line.includes('\u001B'))
    expect(red).toHaveLength(3)
    for (const line of red) expect(line).toContain(RED)
    expect(red.filter((line) => /VIOLATIONS 12|FAILED/.test(line))).toHaveLength(3)
  })

  test('is decided by the caller alone, and not again by Node', () => {
    vi.stubEnv('FORCE_COLOR', undefined)
    vi.stubEnv('NO_COLOR', '1')
    try {
      expect(renderTable(alarming, { colour: true })).toContain(RED)
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('changes nothing but the colour', () => {
    const plain = renderTable(alarming, { colour: false })
    expect(plain).not.toContain('\u001B')
    // eslint-disable-next-line no-control-regex
    expect(renderTable(alarming, { colour: true }).replaceAll(/\u001B\[\d+m/g, '')).toBe(plain)
  })
})

describe('--format', () => {
  const rows = [BASE, row({ ...EMPTY, strategy: 'sgx', skipped: 'no, hardware' })]

  test('csv is what the reader of summary.csv takes', () => {
    expect(parseCsv(renderSummary(rows, 'csv', { colour: true }), 'stdout', SUMMARY_COLUMNS).rows).toEqual(
      rows,
    )
  })

  test('json has the columns in order, null for unknown, and no colour', () => {
    const more = {
      extra: 1,
      ...Object.fromEntries(Object.entries(rows[1]).reverse()),
    } as unknown as SummaryRow
    const text = renderSummary([more], 'json', { colour: true })
    expect(Object.keys(JSON.parse(text)[0])).toEqual(SUMMARY_COLUMNS.map((column) => column.name))
    expect(JSON.parse(text)).toEqual([rows[1]])
    expect(text.endsWith('\n')).toBe(true)
  })

  test('table is the table', () => {
    expect(renderSummary(rows, 'table', { colour: false })).toBe(renderTable(rows, { colour: false }))
  })

  test('an unknown format is refused with the known ones', () => {
    expect(parseFormat('json')).toBe('json')
    expect(() => parseFormat('xml')).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: expect.stringContaining('known: table, json, csv'),
      }),
    )
  })
})
