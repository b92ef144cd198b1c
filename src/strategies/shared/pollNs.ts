import type { ParameterSpec } from '../../contract/parameter.js'

/** What strategies that poll assume of user code. */
export const POLL_NS: ParameterSpec = {
  default: 100,
  min: 1,
  max: 1_000_000,
  unit: 'nanoseconds',
  summary: 'between two looks of a CPU that runs user code, in virtual time',
  source: 'a proposal: about the 64 accesses between two looks of a worker',
}
