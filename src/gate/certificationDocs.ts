/** The text of docs/certification.md, from the two files of a certification. */
import { clopperPearson } from '../stats/clopperPearson.js'
import { hodgesLehmann, hodgesLehmannInterval } from '../stats/hodgesLehmann.js'
import type { CertificationRow } from '../records/certificationColumns.js'
import { certificationTable } from './certificationTable.js'
import { CALIBRATED_CELL } from './injection.js'
import { CURVE_PROCESSES, type CurvePoint } from './curve.js'
import type { ObservationRow } from '../records/observationColumns.js'

export function certificationDocs(
  runs: readonly CertificationRow[],
  observations: readonly ObservationRow[],
  curve: readonly CurvePoint[],
): string {
  const [first] = runs
  const commits = [...new Set(runs.map((row) => row.commit.slice(0, 12)))]
  const counts = runs.map((row) => row.processes)
  return `# How often the gate is wrong

Generated from \`results/baseline/certification.csv\` by \`npm run gate -- --certify\`; do not edit.

Whole gate runs on builds whose difference is known, each with fresh processes. ${first.machine_class}; Node
${first.node}; budget ${first.budget} s; ${first.cells} cells, ${Math.min(...counts)} to ${Math.max(...counts)} processes of each in the first batch;
commit${commits.length > 1 ? 's' : ''} ${commits.join(', ')}.

${markdown(certificationTable(runs))}
Injected: what a loop in every change of \`immediate\` was calibrated to, on \`${CALIBRATED_CELL}\`. Nothing injected:
the outcomes are those of the gate and the rate is that of false alarms. Otherwise they are those of that cell, and the
rate is that of detection. Rates and bounds are
of the conclusive runs; the bounds are Clopper and Pearson's, two-sided. Without a single false alarm it takes 299 runs to
bound their rate at 1 %, 60 bound it at 4.9 % (one-sided, 95 %).

${wrongCells(runs)}

## What the loop truly cost

The first batch of each gate run has one estimate of the slowdown of \`${CALIBRATED_CELL}\`; here the estimate over these,
and its interval.

${markdown(costs(runs, observations))}
## What another budget buys

The same rule, without its control, applied to random subsets of these processes: share of gate runs that would alarm with
so many processes of each cell. Subsets of one pool are no independent gate runs, so these rates have no bounds. \`-\`: not so many were run.

${markdown(curveTable(curve))}`
}

/** A gate run with an injection is a test of the cells that it cannot reach, too. */
function wrongCells(runs: readonly CertificationRow[]): string {
  const wrong = runs.filter((row) => row.wrong_regressions > 0).length
  const bounds = clopperPearson(wrong, runs.length, 0.95)
  const range = bounds === null ? '' : `, bounds ${asShare(bounds.low)} to ${asShare(bounds.high)}`
  return `A cell that nothing was injected into was called slower in ${wrong} of all ${runs.length} gate runs${range}.`
}

function costs(runs: readonly CertificationRow[], observations: readonly ObservationRow[]): string[][] {
  const effects = [...new Set(runs.map((row) => row.injected_percent))].sort((a, b) => a - b)
  const processesOf = new Map<string, number[]>()
  for (const { run, cell, batch, slower } of observations) {
    if (cell !== CALIBRATED_CELL || batch !== 'first') continue
    processesOf.set(run, [...(processesOf.get(run) ?? []), slower])
  }
  const rows = effects.map((percent) => {
    // One value for each run: what a machine is like for a while is in all processes of a run.
    const values = runs
      .filter((row) => row.injected_percent === percent)
      .map(({ run }) => hodgesLehmann(processesOf.get(run) ?? []))
      .filter((value) => value !== null)
    const interval = hodgesLehmannInterval(values, 0.95)
    return [
      percent === 0 ? 'nothing' : `${percent} %`,
      String(values.length),
      asPercent(hodgesLehmann(values)),
      interval === null ? '-' : `${asPercent(interval.low)} to ${asPercent(interval.high)}`,
    ]
  })
  return [['injected', 'gate runs', 'measured', '95 %'], ...rows]
}

function curveTable(curve: readonly CurvePoint[]): string[][] {
  const effects = [...new Set(curve.map((point) => point.injectedPercent))]
  const head = ['processes', ...effects.map((percent) => (percent === 0 ? 'nothing' : `${percent} %`))]
  const rows = CURVE_PROCESSES.map((processes) => [
    String(processes),
    ...effects.map((percent) => {
      const point = curve.find((one) => one.injectedPercent === percent && one.processes === processes)
      return point?.rate === null || point === undefined ? '-' : asShare(point.rate)
    }),
  ])
  return [head, ...rows]
}

function asShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function asPercent(logRatio: number | null): string {
  return logRatio === null ? '-' : `${((Math.exp(logRatio) - 1) * 100).toFixed(1)} %`
}

function markdown([head, ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return [head, head.map(() => '---'), ...rows].map(line).join('')
}
