import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CERTIFICATION_COLUMNS } from '../dist/src/records/certificationColumns.js'
import { columnDocs } from '../dist/src/records/columnDocs.js'
import { OBSERVATION_COLUMNS } from '../dist/src/records/observationColumns.js'
import { SAMPLE_COLUMNS } from '../dist/src/records/sampleColumns.js'
import { SUMMARY_COLUMNS } from '../dist/src/records/summaryColumns.js'
import { EXACT_VERDICT_COLUMNS, WALL_CLOCK_VERDICT_COLUMNS } from '../dist/src/records/verdictColumns.js'

const FILE = join(import.meta.dirname, '..', 'docs', 'columns.md')

test('docs/columns.md is what the definitions say', () => {
  if ((process.env['UPDATE_DOCS'] ?? '') !== '') writeFileSync(FILE, columnDocs())
  const remedy = 'run: npx tsc -p . && UPDATE_DOCS=1 npx vitest run test/recordsDocs.test.ts'
  expect(readFileSync(FILE, 'utf8') === columnDocs(), remedy).toBe(true)
})

test('every column has a row of five cells', () => {
  const rows = columnDocs()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(rows.map((row) => /^\| `(\w+)`/.exec(row)![1])).toEqual(
    [
      ...SAMPLE_COLUMNS,
      ...SUMMARY_COLUMNS,
      ...EXACT_VERDICT_COLUMNS,
      ...WALL_CLOCK_VERDICT_COLUMNS,
      ...OBSERVATION_COLUMNS,
      ...CERTIFICATION_COLUMNS,
    ].map((column) => column.name),
  )
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(7)
})
