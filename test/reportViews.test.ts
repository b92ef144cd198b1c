import { describe, expect, test } from 'vitest'
import { bestView } from '../dist/src/report/views/best.js'
import { costsView } from '../dist/src/report/views/costs.js'
import { crossoversView } from '../dist/src/report/views/crossovers.js'
import { renderView, type View } from '../dist/src/report/views/view.js'
import { winnersOf } from '../dist/src/report/views/winners.js'
import { summaryRow } from './support/summaryRow.js'

const sim = (strategy: string, ns: number | null, more = {}) =>
  summaryRow({ engine: 'sim', strategy, ns_per_op: ns, ns_per_op_low: null, ns_per_op_high: null, ...more })
const threads = (strategy: string, low: number, high: number) =>
  summaryRow({ strategy, ns_per_op: (low + high) / 2, ns_per_op_low: low, ns_per_op_high: high })

/** Rows by the names of the columns. */
const named = ({ columns, rows }: View) =>
  rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])))

describe('the best', () => {
  test('is one for each contract and workload; none, broken and unmeasured ones take no part', () => {
    const view = bestView([
      sim('a', 300),
      sim('b', 200, { vs_immediate: 4, vs_linux: 1.5 }),
      sim('c', 100, { violations: 1 }),
      sim('d', null),
      sim('e', 50, { contract: 'reuse' }),
      sim('f', 10, { contract: 'none' }),
      sim('a', 70, { workload: 'other', params: 'strategy.ceiling=1;workload.pages=4' }),
    ])
    expect(named(view)).toMatchObject([
      { contract: 'return', best: 'b', second: 'a', second_ratio: 1.5, vs_immediate: 4, vs_linux: 1.5 },
      { contract: 'reuse', best: 'e', second: null, second_ratio: null, decided: true },
      { workload: 'other pages=4', best: 'a ceiling=1' },
    ])
  })

  test('is none where all have broken their promise, and such a one is no second', () => {
    expect(winnersOf([sim('a', 1, { violations: 1 })])).toEqual([])
    const [{ best, second }] = winnersOf([sim('a', 1, { violations: 1 }), sim('b', 2)])
    expect([best.strategy, second]).toEqual(['b', null])
  })

  test('on real threads is decided where intervals do not meet, and unknown without them', () => {
    const decided = (...rows: Parameters<typeof winnersOf>[0]) => winnersOf(rows)[0].isDecided
    expect(decided(threads('a', 10, 19), threads('b', 20, 30))).toBe(true)
    expect(decided(threads('a', 10, 20), threads('b', 20, 30))).toBe(false)
    expect(decided(threads('a', 10, 20), { ...threads('b', 30, 40), ns_per_op_low: null })).toBe(null)
    expect(decided(sim('a', 10), sim('b', 10))).toBe(false)
  })
})

describe('crossovers', () => {
  const at = (cpus: number, a: number, b: number) => [sim('a', a, { cpus }), sim('b', b, { cpus })]

  test('stand between the two values of an axis where the winner changes', () => {
    // Given in no order: 2, 8 and 64 CPUs are won by a, b, b.
    const view = crossoversView([...at(64, 9, 3), ...at(2, 1, 2), ...at(8, 5, 4)], () => null)
    expect(named(view)).toEqual([
      {
        engine: 'sim',
        workload: 'munmap-storm',
        elsewhere: '',
        contract: 'return',
        axis: 'cpus',
        up_to: 2,
        best_there: 'a',
        from: 8,
        best_then: 'b',
        decided: true,
      },
    ])
  })

  test('a parameter is an axis, with its default where that is known; the others have to be the same', () => {
    const pages = (params: string, a: number, b: number) => [sim('a', a, { params }), sim('b', b, { params })]
    const rows = [
      ...pages('', 2, 1),
      ...pages('workload.pages=4', 1, 2),
      ...pages('workload.ops=7;workload.pages=64', 1, 2),
    ]
    const known = crossoversView(rows, (_, name) => (name === 'pages' ? 16 : null))
    expect(named(known)).toMatchObject([
      { axis: 'pages', up_to: 4, best_there: 'a', from: 16, best_then: 'b' },
    ])
    // Without the default its place on the axis is not known, so nothing is said of it.
    expect(crossoversView(rows, () => null).rows).toEqual([])
  })

  test('an end that is not decided is said', () => {
    const view = crossoversView([...at(2, 1, 2), ...at(8, 5, 5), sim('c', 4, { cpus: 8 })], () => null)
    expect(named(view)).toMatchObject([{ best_then: 'c', decided: true }])
    const tied = crossoversView([...at(2, 2, 2), ...at(8, 5, 4)], () => null)
    expect(named(tied)).toMatchObject([{ best_there: 'a', best_then: 'b', decided: false }])
  })

  test('where nothing was varied it says what to vary', () => {
    const view = crossoversView(at(2, 1, 2), () => null)
    expect(renderView(view, 'table')).toMatch(/^Nothing was varied: crossovers need several --cpus/)
  })
})

test('costs: what is paid elsewhere, fastest first within a contract, broken promises counted', () => {
  const view = costsView([
    sim('slow', 9, { responder_ns_per_op: 1, tlb_misses_per_op: 2, held_frames_peak: 3, stale_p99_ns: null }),
    sim('fast', 4, { responder_ns_per_op: 50, violations: 2 }),
    sim('unsafe', 1, { contract: 'none', violations: 7 }),
  ])
  expect(named(view).map((row) => row['strategy'])).toEqual(['slow', 'fast', 'unsafe'])
  expect(named(view)[0]).toMatchObject({
    responder_ns_per_op: 1,
    tlb_misses_per_op: 2,
    held_frames_peak: 3,
    stale_p99_ns: null,
  })
  expect(view.notes.join('\n')).toContain('1 of these broke the promise')
})

test('a view has all digits for programs, and three for people', () => {
  const view: View = {
    columns: ['name', 'ns', 'decided'],
    rows: [
      ['a, b', 1234.5678, true],
      ['c', null, null],
    ],
    notes: ['a note'],
  }
  expect(renderView(view, 'csv')).toBe('name,ns,decided\n"a, b",1234.5678,true\nc,,\n')
  expect(JSON.parse(renderView(view, 'json'))).toEqual([
    { name: 'a, b', ns: 1234.5678, decided: true },
    { name: 'c', ns: null, decided: null },
  ])
  expect(renderView(view, 'table')).toBe(
    'name    ns  decided\na, b  1235      yes\nc        -        -\na note\n',
  )
})
