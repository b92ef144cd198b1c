/** `results/baseline/certification.csv`: what whole gate runs have said of builds whose difference is known. */
import { type Column, type Row, counter, integer, measure, optionalText, text } from './columns.js'

export const CERTIFICATION_COLUMNS = [
  integer('schema_version', null, 1, 'Version of the meaning of these columns.'),
  text('run', 'Names the gate run; its processes are in certification-observations.csv.'),
  text('machine_class', 'CPU model, cores and whether a hypervisor runs below.'),
  text('node', 'Version of Node.'),
  text('commit', 'What both builds were made of, apart from the injection.'),
  integer('injected_percent', '%', 0, 'How much slower every change was made; 0: identical builds.'),
  integer('spin', 'iterations', 0, 'The loop that was injected for it.'),
  integer('budget', 's', 1, 'Time that the gate run was given.'),
  integer('seed', null, 0, 'Of the order of processes, builds and rounds.'),
  integer('processes', 'processes', 1, 'Of each cell in the first batch.'),
  text('outcome', 'Verdict of the gate run.', ['pass', 'regression', 'inconclusive']),
  text('cell_names', 'Cells that were measured, in the order of the matrix.'),
  integer('cells', 'cells', 1, 'Cells that were judged.'),
  integer('suspects', 'cells', 0, 'Cells that the first batch called slower.'),
  integer('regressions', 'cells', 0, 'Cells that the second batch confirmed.'),
  integer('wrong_regressions', 'cells', 0, 'Of these, cells that the injection cannot reach.'),
  text('calibrated', 'Outcome of the cell for which the loop is calibrated.', [
    'pass',
    'regression',
    'inconclusive',
  ]),
  measure('detectable_ratio', 'ratio', 'Of that cell. Empty: none below 1.5.'),
  counter('elapsed', 's', 'Time that the gate run took.'),
  optionalText('reason', 'The first reason of an inconclusive run.'),
] as const satisfies readonly Column[]

export type CertificationRow = Row<typeof CERTIFICATION_COLUMNS>
