import { describe, expect, test } from 'vitest'
import { type BaselineRow, METRICS, type Metric } from '../dist/src/gate/baselineRow.js'
import { compareExactly, type TolerancePercent } from '../dist/src/gate/exact.js'
import { judge } from '../dist/src/gate/exactJudgement.js'
import type { ExactFinding, ExactKind } from '../dist/src/gate/verdict.js'

/** Every figure is 10. */
function row(changes: Partial<BaselineRow> = {}): BaselineRow {
  return {
    ...Object.fromEntries(METRICS.map((metric) => [metric, 10])),
    schema_version: 1,
    engine: 'sim',
    strategy: 'lazy',
    contract: 'reuse',
    workload: 'munmap-storm',
    params: '',
    cpus: 2,
    profile: 'p',
    profile_hash: 'h',
    seed: 1,
    tape_hash: 't',
    oracle: 'full',
    ops: 16,
    ...changes,
  } as BaselineRow
}
const CELL = 'sim/lazy/munmap-storm/2'

/** As text: kind, cell, oracle, metric. */
function found(before: BaselineRow[], after: BaselineRow[], tolerance: TolerancePercent = {}): string[] {
  return compareExactly(before, after, tolerance).findings.map(({ kind, cell, oracle, metric }) =>
    [kind, cell, oracle, metric].join(' ').trimEnd(),
  )
}

describe('figures', () => {
  test('are all that a repetition costs, and neither its work nor its name', () => {
    // Of docs/columns.md: what has a number and may be empty, but for `ops`, which is the work.
    expect(METRICS.toSorted()).toEqual(
      [
        'elapsed_ns',
        'op_p50_ns',
        'op_p99_ns',
        'op_max_ns',
        'op_total_ns',
        'responder_ns',
        'ipis',
        'flush_rounds',
        'pages_invalidated',
        'full_flushes',
        'tlb_misses',
        'innocent_slowdown',
        'held_frames_peak',
        'violations',
        'exposure_p50_ns',
        'exposure_p99_ns',
        'exposure_max_ns',
        'exposures_open',
        'stale_p50_ns',
        'stale_p99_ns',
        'stale_max_ns',
        'stale_open',
      ].toSorted(),
    )
  })

  test.each([...METRICS])('%s: less is better, and nothing is tolerated', (metric) => {
    expect(found([row()], [row({ [metric]: 10 + 1e-9 })])).toEqual([`worse ${CELL} full ${metric}`])
    expect(found([row()], [row({ [metric]: 10 - 1e-9 })])).toEqual([`better ${CELL} full ${metric}`])
    expect(found([row({ [metric]: null })], [row()])).toEqual([`not comparable ${CELL} full ${metric}`])
    expect(found([row()], [row({ [metric]: null })])).toEqual([`not comparable ${CELL} full ${metric}`])
  })

  test('that are the same are counted, unknown ones are not', () => {
    const rows = [row(), row({ oracle: 'local', stale_open: null })]
    expect(compareExactly(rows, rows, {})).toEqual({ findings: [], comparedCount: 2 * METRICS.length - 1 })
  })

  test.each<[before: number, after: number, percent: number, kind: ExactKind]>([
    [200, 202, 1, 'tolerated'],
    [200, 203, 1, 'worse'],
    [200, 200.5, 0.25, 'tolerated'],
    [200, 200.51, 0.25, 'worse'],
    [0, 1, 1e6, 'worse'],
    [200, 199, 50, 'better'],
  ])('from %d to %d with %d percent: %s', (ipis, after, percent, kind) => {
    expect(found([row({ ipis })], [row({ ipis: after })], { ipis: percent })).toEqual([
      `${kind} ${CELL} full ipis`,
    ])
    // And only the metric that it was given for.
    const elsewhere = { responder_ns: percent } satisfies Partial<Record<Metric, number>>
    expect(found([row({ ipis })], [row({ ipis: after })], elsewhere)[0]).toMatch(/^(worse|better) /)
  })

  test('have a ratio where they can', () => {
    const ratios = (before: number | null, after: number | null) =>
      compareExactly([row({ ipis: before })], [row({ ipis: after })], {}).findings.map(({ ratio }) => ratio)
    expect(ratios(10, 25)).toEqual([2.5])
    expect(ratios(10, 0)).toEqual([0])
    expect(ratios(0, 10)).toEqual([null])
    expect(ratios(null, 10)).toEqual([null])
  })
})

describe('cells', () => {
  test.each(['contract', 'params', 'profile', 'profile_hash', 'tape_hash', 'seed'] as const)(
    'that differ in %s are not compared, and told once',
    (name) => {
      const value = name === 'seed' ? 2 : 'strategy.ring=4'
      const after = [row({ [name]: value, ipis: 99 }), row({ [name]: value, oracle: 'local' })]
      const cell = name === 'params' ? `${CELL} strategy.ring=4` : CELL
      const { findings, comparedCount } = compareExactly([row(), row({ oracle: 'local' })], after, {})
      expect(findings).toMatchObject([
        { kind: 'not comparable', cell, oracle: '', metric: name, after: value },
      ])
      expect(comparedCount).toBe(0)
    },
  )

  test('of one name are told apart by their parameters', () => {
    const four = row({ params: 'strategy.ring=4' })
    const eight = row({ params: 'strategy.ring=8', ipis: 11 })
    expect(found([row(), four], [row(), four])).toEqual([])
    expect(found([row(), four], [four, row()])).toEqual([])
    // `four` has its partner, so `eight` has none.
    expect(found([row(), four], [row(), four, eight])).toEqual([`new ${CELL} strategy.ring=8`])
    expect(found([row(), four], [row(), eight])).toEqual([`not comparable ${CELL} strategy.ring=8  params`])
  })

  test('are new or missing as a whole, or in one of their repetitions', () => {
    const both = [row(), row({ oracle: 'local' })]
    const other = [row({ cpus: 8 }), row({ cpus: 8, oracle: 'local' })]
    expect(found(both, other)).toEqual(['new sim/lazy/munmap-storm/8', `missing ${CELL}`])
    expect(found(both, [row()])).toEqual([`missing ${CELL} local`])
    expect(found([row()], both)).toEqual([`new ${CELL} local`])
  })

  test('with other operations are compared in the other repetition only', () => {
    const after = [row({ ops: 17, ipis: 99 }), row({ oracle: 'local', ipis: 99 })]
    expect(found([row(), row({ oracle: 'local' })], after)).toEqual([
      `not comparable ${CELL} full ops`,
      `worse ${CELL} local ipis`,
    ])
  })
})

describe('the outcome', () => {
  const outcome = (kinds: ExactKind[], violations: string[] = []) => {
    const findings = kinds.map((kind): ExactFinding => ({
      kind,
      cell: CELL,
      oracle: '',
      metric: '',
      before: 1,
      after: 2,
      ratio: 2,
    }))
    return judge({ cellCount: 1, comparedCount: 1, findings, violations }, 'results/baseline', false)
  }

  test('is the gravest of what was found', () => {
    const asks = ['better', 'missing', 'new', 'not comparable'] as const
    expect(outcome([]).outcome).toBe('pass')
    expect(outcome(['tolerated']).outcome).toBe('pass')
    for (const kind of asks) expect(outcome(['tolerated', kind]).outcome).toBe('outdated')
    expect(outcome([...asks, 'worse']).outcome).toBe('regression')
    expect(outcome([...asks, 'worse'], ['x']).outcome).toBe('violation')
  })

  test('says how much of what, and what to do', () => {
    expect(outcome(['worse', 'worse', 'new'])).toMatchObject({
      reason: 'Worse than results/baseline: 2 worse in 1 cell, 1 new in 1 cell.',
      remedy: 'where that is meant: npm run gate -- --update, and commit results/baseline',
    })
    expect(outcome([]).remedy).toBe('')
  })
})
