import type { ExactDeclaration } from '../src/gate/exactGate.js'
import { MATRIX } from './matrix.js'

/**
 * What `npm run gate` holds against `results/baseline`: every strategy on every workload in virtual time, with the
 * operations of a full run. Two CPUs show a single target, eight several initiators, 64 the second socket.
 */
export const EXACT: ExactDeclaration = {
  matrix: {
    ...MATRIX,
    engines: 'sim',
    strategies: 'all',
    workloads: 'all',
    cpus: { sim: [2, 8, 64], threads: [] },
    // The verified repetition and one without the whole checker; further ones would have the same bytes.
    repetitions: { sim: 1, threads: 1 },
  },
  // The same tree gives the same bytes, so there is no noise to tolerate.
  tolerancePercent: {},
}
