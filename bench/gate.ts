import { fileURLToPath } from 'node:url'
import type { WallCell } from '../src/gate/duel.js'
import type { ExactDeclaration } from '../src/gate/exactGate.js'
import type { WallClockMatrix } from '../src/gate/wallClockGate.js'
import { moduleNames } from '../src/registry.js'
import type { ContestantRequest } from './contest.js'
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

/** Two, because every machine has them; more would be oversubscribed on some. */
const CPUS = 2

/** Short passes, so that a round is over before the machine changes. */
const WORKLOADS = ['munmap-storm:ops=16', 'direct-map-zap', 'mprotect-storm']

/** What is measured when nobody chooses: the hot path of each way to flush, once. */
const DEFAULT_THREADS = new Set([
  'threads/immediate/munmap-storm/2',
  'threads/batched/munmap-storm/2',
  'threads/lazy/munmap-storm/2',
  'threads/immediate/direct-map-zap/2',
])

/** The sides of the suites that are the harness's own work, without the bare loops that they are held against. */
const SIDES: readonly [suite: string, side: string, cores: number][] = [
  ['tlb-hit', 'hit, runs of 64', 1],
  ['walk', 'miss, cold', 1],
  ['interrupt', 'immediate round', 2],
  ['sim-hits', 'hit', 1],
  ['sim-misses', 'miss', 1],
  ['sim-interrupts', 'interrupt', 1],
]

function threadsCells(): WallCell[] {
  return WORKLOADS.flatMap((workload) =>
    moduleNames('strategy').map((strategy) => {
      const name = `threads/${strategy}/${workload.split(':')[0]}/${CPUS}`
      const request: ContestantRequest = {
        kind: 'threads',
        strategy,
        workload,
        cpus: CPUS,
        seed: MATRIX.seed,
      }
      return { name, request, isDefault: DEFAULT_THREADS.has(name), cores: CPUS }
    }),
  )
}

function suiteCells(): WallCell[] {
  return SIDES.map(([suite, side, cores]) => {
    const request: ContestantRequest = { kind: 'suite', suite, side }
    return { name: `suite/${suite}/${side}`, request, isDefault: true, cores }
  })
}

/** What `npm run gate -- --against REF` measures. */
export const WALL_CLOCK: WallClockMatrix = {
  cells: [...threadsCells(), ...suiteCells()],
  entry: fileURLToPath(new URL('./duelProcess.js', import.meta.url)),
  warmupMs: 600,
  measuredMs: 400,
  mostProcesses: 40,
}
