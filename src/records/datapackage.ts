/** datapackage.json: a Frictionless descriptor, so that other tools read the files with their types and units. */
import type { Column } from './columns.js'
import { SAMPLE_COLUMNS } from './sampleColumns.js'
import { SUMMARY_COLUMNS } from './summaryColumns.js'

/** Holds nothing that depends on the time, so that two runs of one matrix differ in the id only. */
export function datapackage(runId: string): object {
  return {
    profile: 'tabular-data-package',
    // A package's name is lower case by the specification; the id keeps the run's own.
    name: runId.toLowerCase().replaceAll(/[^a-z0-9._-]/g, '-'),
    id: runId,
    title: 'Benchmark of TLB shootdown strategies',
    resources: [
      resource('samples', 'One row for each repetition.', SAMPLE_COLUMNS),
      resource('summary', 'One row for each cell, derived from samples.csv.', SUMMARY_COLUMNS),
    ],
  }
}

function resource(name: string, description: string, columns: readonly Column[]): object {
  return {
    profile: 'tabular-data-resource',
    name,
    path: `${name}.csv`,
    description,
    format: 'csv',
    mediatype: 'text/csv',
    encoding: 'utf-8',
    dialect: { delimiter: ',', lineTerminator: '\n', quoteChar: '"', doubleQuote: true, header: true },
    schema: { fields: columns.map(field), missingValues: [''] },
  }
}

function field(column: Column): object {
  const constraints = {
    ...(column.nullable ? {} : { required: true }),
    ...(column.minimum === null ? {} : { minimum: column.minimum }),
    ...(column.values === null ? {} : { enum: column.values }),
  }
  return {
    name: column.name,
    type: column.type,
    ...(column.type === 'boolean' ? { trueValues: ['true'], falseValues: ['false'] } : {}),
    description: column.description,
    // Not in the specification, which allows further properties.
    ...(column.unit === null ? {} : { unit: column.unit }),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
  }
}
