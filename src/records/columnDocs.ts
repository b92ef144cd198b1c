/** The text of docs/columns.md, which test/recordsDocs.test.ts compares and, with UPDATE_DOCS=1, rewrites. */
import { SCHEMA_VERSION, type Column } from './columns.js'
import { CERTIFICATION_COLUMNS } from './certificationColumns.js'
import { OBSERVATION_COLUMNS } from './observationColumns.js'
import { SAMPLE_COLUMNS } from './sampleColumns.js'
import { SUMMARY_COLUMNS } from './summaryColumns.js'
import { EXACT_VERDICT_COLUMNS, WALL_CLOCK_VERDICT_COLUMNS } from './verdictColumns.js'

const PREAMBLE = `# Columns

Generated from \`src/records/\`; do not edit. Rewrite with \`npx tsc -p . && UPDATE_DOCS=1 npx vitest run test/recordsDocs.test.ts\`.

The schema version is ${SCHEMA_VERSION}. Within a version columns are only added, at the end: read by name, not by position.

- UTF-8, LF, one line per row. A line break inside a text is written as \` / \`.
- An empty figure is unknown, never zero. There is no \`NaN\` and no \`Infinity\`.
- Booleans are \`true\` and \`false\`. Integers have no point and no exponent. Units are in the names.
- Times may have a fraction of a nanosecond: the simulator counts picoseconds, and a median may lie between two.
- Quantiles are R-7: linear between the two nearest order statistics.
- The interval of \`ns_per_op\` assumes nothing about the distribution. Its ends are order statistics: the
  innermost pair that covers the true median with at least 95 %. With fewer than 6 repetitions not even
  the smallest and the largest do: they cover 93.75 % for 5, 87.5 % for 4 and 75 % for 3, and are given
  nevertheless. With fewer there is no interval.
- The cell of a row is \`engine\`, \`strategy\`, \`workload\`, \`params\`, \`cpus\`, \`profile\`, \`seed\` and \`fault\` together.
- \`summary.csv\` can be computed again from \`samples.csv\`, but for the rows of skipped cells.
`

export function columnDocs(): string {
  return [
    PREAMBLE,
    section('samples.csv', 'One row for each repetition.', SAMPLE_COLUMNS),
    section('summary.csv', 'One row for each cell.', SUMMARY_COLUMNS),
    section(
      'verdict.csv, exact tier',
      'Of `npm run gate`: one row for each difference, at least one.',
      EXACT_VERDICT_COLUMNS,
    ),
    section(
      'verdict.csv, wall-clock tier',
      'Of `npm run gate -- --against REF`: one row for each cell, at least one.',
      WALL_CLOCK_VERDICT_COLUMNS,
    ),
    section(
      'observations.csv and certification-observations.csv',
      'Of `npm run gate -- --against REF` and `--certify`: one row for each process, as it ends.',
      OBSERVATION_COLUMNS,
    ),
    section(
      'certification.csv',
      'Of `npm run gate -- --certify`: one row for each gate run.',
      CERTIFICATION_COLUMNS,
    ),
  ].join('\n')
}

function section(file: string, what: string, columns: readonly Column[]): string {
  return `## ${file}

${what}

| column | type | unit | may be empty | meaning |
|---|---|---|---|---|
${columns.map(tableRow).join('\n')}
`
}

function tableRow(column: Column): string {
  const values =
    column.values === null ? '' : ` One of ${column.values.map((value) => `\`${value}\``).join(', ')}.`
  const cells = [
    `\`${column.name}\``,
    column.type,
    column.unit ?? '',
    column.nullable ? 'yes' : 'no',
    column.description + values,
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
