import type { ParameterSpec } from '../../contract/parameter.js'

/** Constants of Linux that several strategies share, as parameters. */

export const CEILING: ParameterSpec = {
  default: 33,
  min: 0,
  max: 1 << 20,
  unit: 'pages',
  summary: 'a range above this is flushed as the whole space',
  source: 'Linux tlb_single_page_flush_ceiling: 33 pages of about 100 ns each cap a flush at 3 us',
}

export const GATHER_LIMIT: ParameterSpec = {
  default: 9690,
  min: 1,
  max: 1 << 20,
  unit: 'pages',
  summary: 'changes after which a round is run in the middle of an operation',
  source: 'Linux MAX_GATHER_BATCH_COUNT: 19 batches of 510 pages',
}
