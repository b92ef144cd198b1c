import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WALL_CLOCK } from '../dist/bench/gate.js'
import { certificationDocs } from '../dist/src/gate/certificationDocs.js'
import { earlierRuns } from '../dist/src/gate/certification.js'
import { CERTIFICATION_COLUMNS, type CertificationRow } from '../dist/src/records/certificationColumns.js'
import { certificationPage } from '../dist/src/gate/certificationFiles.js'
import { certificationTable } from '../dist/src/gate/certificationTable.js'
import { certify } from '../dist/src/gate/certify.js'
import { CALIBRATED_CELL } from '../dist/src/gate/injection.js'
import { GateRefusal } from '../dist/src/gate/refusal.js'
import { ratesOf } from '../dist/src/gate/rates.js'
import { readCsv } from '../dist/src/records/csvReader.js'
import { CERTIFIED } from './support/certificationRow.js'
import { ROOT } from './support/steeredBench.js'
import { STUB_ENTRY, stubCell } from './support/stubDuel.js'
import { StubRepository } from './support/stubRepository.js'

const rows = (count: number, changes: Partial<CertificationRow>): CertificationRow[] =>
  Array.from({ length: count }, () => ({ ...CERTIFIED, ...changes }))
const ALARM = { outcome: 'regression', calibrated: 'regression', suspects: 1, regressions: 1 } as const

describe('rates', () => {
  // The bounds are those of test/statsClopperPearson.test.ts, or by hand: with no success of n the upper one is
  // 1 - 0.025^(1 / n).
  test('of false alarms and of detection, by effect, none first', () => {
    const all = [
      ...rows(20, { ...ALARM, injected_percent: 5 }),
      ...rows(20, {}),
      ...rows(3, { ...ALARM, injected_percent: 2 }),
      ...rows(7, { injected_percent: 2 }),
    ]
    const rates = ratesOf(all)
    expect(
      rates.map(({ injectedPercent, runs, regression, pass }) => [injectedPercent, runs, regression, pass]),
    ).toEqual([
      [0, 20, 0, 20],
      [2, 10, 3, 7],
      [5, 20, 20, 0],
    ])
    expect(rates.map(({ rate }) => rate)).toEqual([0, 0.3, 1])
    const bounds = rates.map(({ low, high }) => [low!, high!])
    const expected = [
      [0, 1 - 0.025 ** (1 / 20)],
      [0.06673951117773447, 0.6524528500599973],
      [0.025 ** (1 / 20), 1],
    ]
    expected.forEach(([low, high], at) => {
      expect(bounds[at][0]).toBeCloseTo(low, 10)
      expect(bounds[at][1]).toBeCloseTo(high, 10)
    })
  })

  test('are of the conclusive runs', () => {
    const [rate] = ratesOf([
      ...rows(3, { ...ALARM, injected_percent: 2 }),
      ...rows(7, { injected_percent: 2 }),
      ...rows(90, { injected_percent: 2, calibrated: 'inconclusive' }),
    ])
    expect(rate).toMatchObject({ runs: 100, inconclusive: 90, rate: 0.3 })
    expect(rate.high).toBeCloseTo(0.6524528500599973, 10)
    const [open] = ratesOf(rows(4, { outcome: 'inconclusive' }))
    expect(open).toMatchObject({ runs: 4, rate: null, low: null, high: null })
  })

  test('of detection are those of the calibrated cell, of false alarms those of the gate', () => {
    const elsewhere = { ...ALARM, injected_percent: 3, calibrated: 'pass' }
    const [rate] = ratesOf([...rows(1, elsewhere), ...rows(3, { ...ALARM, injected_percent: 3 })])
    expect([rate.regression, rate.pass, rate.rate]).toEqual([3, 1, 0.75])
    const [none] = ratesOf([...rows(1, { ...ALARM, calibrated: 'pass' }), ...rows(3, {})])
    expect([none.regression, none.rate]).toEqual([1, 0.25])
  })

  test('as a table', () => {
    const all = [
      ...rows(299, {}),
      ...rows(1, { outcome: 'inconclusive' }),
      ...rows(3, { ...ALARM, injected_percent: 2 }),
      ...rows(7, { injected_percent: 2 }),
      ...rows(2, { injected_percent: 10, calibrated: 'inconclusive' }),
    ]
    expect(certificationTable(all)).toEqual([
      ['injected', 'gate runs', 'regression', 'pass', 'inconclusive', 'rate', '95 % bounds'],
      // 1 - 0.025^(1 / 299) is 1.226 %.
      ['nothing', '300', '0', '299', '1', '0.0 %', '0.0 % to 1.2 %'],
      ['2 %', '10', '3', '7', '0', '30.0 %', '6.7 % to 65.2 %'],
      ['10 %', '2', '0', '0', '2', '-', '-'],
    ])
  })
})

test('the page says what the loop cost, of more processes than one test could take', () => {
  // 299 gate runs with 20 processes: the one half of them found 4 %, the other 6 %.
  const runs = Array.from({ length: 299 }, (_, at) => ({ ...CERTIFIED, run: `5-${at}`, injected_percent: 5 }))
  const observations = runs.flatMap(({ run }, at) =>
    Array.from({ length: 20 }, () => ({
      schema_version: 1 as const,
      run,
      cell: CALIBRATED_CELL,
      batch: 'first',
      rounds: 5,
      base_ns: 1000,
      head_ns: 1050,
      slower: Math.log(at % 2 === 0 ? 1.04 : 1.06),
      control: 0,
    })),
  )
  const page = certificationDocs(runs, observations, [])
  // The median of all averages of two of the runs is that of one of either kind.
  expect(page).toContain('| 5 % | 299 | 5.0 % | 5.0 % to 5.0 % |')
})

test('the page counts gate runs that blamed a cell without an injection', () => {
  const innocent = [...rows(40, {}), ...rows(19, { ...ALARM, injected_percent: 5 })]
  const wrong = rows(1, { ...ALARM, injected_percent: 5, regressions: 2, wrong_regressions: 1 })
  // By hand: of n trials with one success, (1 - low)^n = 0.975.
  const low = ((1 - 0.975 ** (1 / 60)) * 100).toFixed(1)
  expect(certificationDocs([...innocent, ...wrong], [], [])).toContain(
    `was called slower in 1 of all 60 gate runs, bounds ${low} % to `,
  )
})

test('docs/certification.md is what the files of the certification say', () => {
  const page = certificationPage(join(ROOT, 'results', 'baseline'), WALL_CLOCK.cells)
  expect(readFileSync(join(ROOT, 'docs', 'certification.md'), 'utf8')).toBe(page)
})

describe('a certification', () => {
  let repository: StubRepository
  beforeEach(() => {
    repository = new StubRepository()
    // Where the loop is injected.
    repository.write(
      'src/strategies/immediate.ts',
      '  changed(cpu: Port, change: Change): Ticket {\n    return DONE\n',
    )
    repository.contestant(1)
    repository.commit()
    vi.stubEnv('TMPDIR', repository.temporary)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    repository.remove()
  })

  const folder = () => join(repository.temporary, 'baseline')
  const csv = () => join(folder(), 'certification.csv')
  /** Without what tells it from a run that was stopped. */
  const numberOf = ({ run }: CertificationRow) => run.replace(/-[0-9a-f]{6}$/, '')
  const stored = () => readCsv(csv(), CERTIFICATION_COLUMNS).rows

  /** @param stopAt abort at the beginning of this gate run */
  async function certified(runs: number, stopAt = Infinity): Promise<string[]> {
    const controller = new AbortController()
    const steps: string[] = []
    // A step of the loop costs one 2000th of what is measured.
    const cells = [stubCell(repository.temporary, CALIBRATED_CELL, [{ perIteration: 0.0005 }])]
    await certify(repository.path, {
      matrix: { cells, entry: STUB_ENTRY, warmupMs: 0, measuredMs: 0, mostProcesses: 8 },
      cells,
      budgetSeconds: 3600,
      seed: 1,
      signal: controller.signal,
      onStep: (step) => {
        steps.push(step)
        if (steps.filter((text) => text.startsWith('run')).length === stopAt) controller.abort()
      },
      runs,
      baseline: folder(),
      page: join(folder(), 'certification.md'),
    })
    return steps
  }

  test('is kept run by run, goes on after a signal, and grows', { timeout: 120_000 }, async () => {
    await expect(certified(1, 3)).rejects.toThrow('aborted')
    const begun = stored()
    expect(begun).toHaveLength(2)
    expect(readFileSync(join(folder(), 'certification.md'), 'utf8')).toBe(certificationPage(folder(), []))
    expect(repository.leftovers()).toEqual([])

    await certified(1)
    expect(stored().slice(0, 2)).toEqual(begun)
    const found = stored().toSorted((a, b) => a.injected_percent - b.injected_percent)
    // p % are p / 100 / 0.0005 steps. 2 % are below the least effect of 2.5 %, 3 % are above.
    expect(found.map((row) => [numberOf(row), row.spin, row.outcome, row.suspects, row.regressions])).toEqual(
      [
        ['0-1', 0, 'pass', 0, 0],
        ['2-1', 40, 'pass', 0, 0],
        ['3-1', 60, 'regression', 1, 1],
        ['5-1', 100, 'regression', 1, 1],
        ['10-1', 200, 'regression', 1, 1],
      ],
    )
    for (const row of found)
      expect(row).toMatchObject({
        cells: 1,
        wrong_regressions: 0,
        processes: 8,
        node: process.version,
        budget: 3600,
      })
    expect(new Set(found.map(({ seed }) => seed)).size).toBe(5)

    const steps = await certified(2)
    expect(steps.filter((step) => step.startsWith('calibrating'))).toEqual([])
    const grown = stored()
    expect(new Set(grown.map(({ run }) => run)).size).toBe(10)
    for (const row of grown.slice(5))
      expect(row.spin).toBe(
        found.find(({ injected_percent }) => injected_percent === row.injected_percent)!.spin,
      )
    expect(new Set(grown.map(({ seed }) => seed)).size).toBe(10)

    // Nothing is left to do; a row that a crash has cut is dropped, and its run done again.
    const whole = readFileSync(csv(), 'utf8')
    writeFileSync(csv(), whole.slice(0, -10))
    const { machine_class, cell_names } = grown[0]
    const kind = { machine_class, node: process.version, budget: 3600, cell_names }
    expect(earlierRuns(csv(), kind)).toEqual(grown.slice(0, -1))
    // Of another budget, machine or set of cells it would be another certification.
    for (const other of [
      { budget: 60 },
      { machine_class: 'another' },
      { node: 'v99' },
      { cell_names: 'another' },
    ])
      expect(() => earlierRuns(csv(), { ...kind, ...other })).toThrow(GateRefusal)
    expect((await certified(2)).filter((step) => step.startsWith('run'))).toHaveLength(1)
    expect(stored().map(numberOf)).toEqual(grown.map(numberOf))
  })
})
