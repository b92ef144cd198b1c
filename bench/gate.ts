import { fileURLToPath } from 'node:url'
import type { BenchDefaults } from '../src/harness/defaults.js'
import type { WallCell } from '../src/gate/duel.js'
import type { ExactDeclaration } from '../src/gate/exactGate.js'
import type { WallClockMatrix } from '../src/gate/wallClockGate.js'
import { moduleNames } from '../src/registry.js'
import type { ContestantRequest } from './contestantProtocol.js'
import { MATRIX } from './matrix.js'

/**
 * What `npm run gate` holds against `results/baseline`: every strategy in virtual time, with the operations of a full run.
 * Two CPUs show a single target, eight several initiators and readers, 64 the second socket. Not the whole matrix: it would
 * take minutes, and what a strategy does on 64 CPUs differs from what it does on eight by the profile's distances alone.
 */
const EXACT_MATRIX: BenchDefaults = {
  ...MATRIX,
  engines: 'sim',
  strategies: 'all',
  workloads: 'all',
  cpus: { sim: [2, 8, 64], threads: [] },
  // The verified repetition and one without the whole checker; further ones would have the same bytes.
  repetitions: { sim: 1, threads: 1 },
}

export const EXACT: ExactDeclaration = {
  matrices: [
    EXACT_MATRIX,
    // What needs broadcasts of one kind or the other is passed over above.
    { ...EXACT_MATRIX, profile: 'graviton3-1s64c', strategies: 'arm64-tlbi,active-cpu,asid-rollover' },
    { ...EXACT_MATRIX, profile: 'milan-1s72c', strategies: 'invlpgb' },
    { ...EXACT_MATRIX, profile: 'research-2s64c', strategies: 'lease,unitd,didi' },
    { ...EXACT_MATRIX, profile: 'kvm-guest', strategies: 'kvm-preempted', workloads: 'overcommitted' },
  ],
  filter: [
    // Of every strategy: a flush that may not wait, and those that may, by several CPUs at once.
    '^sim/[a-z0-9\\-]+/mprotect-storm/2$',
    '^sim/[a-z0-9\\-]+/web-server/8$',
    // Of those for one kind of mapping, what has that kind: in the others it is their fallback that works.
    '^sim/vmalloc-lazy[+]batched/vmalloc-churn/2$',
    '^sim/mermap[+]batched/mermap-read/2$',
    '^sim/iova-queue[+]batched/dma-map/2$',
    '^sim/nohz-defer/vmalloc-churn/2$',
    '^sim/kvm-preempted/overcommitted/2$',
    // Of those that others are held against, more.
    '^sim/(immediate|batched|lazy|linux)/(munmap-storm|madvise-page|direct-map-zap)/2$',
    '^sim/(immediate|batched|lazy|linux)/munmap-storm/(8|64)$',
  ].join('|'),
  // The same tree gives the same bytes, so there is no noise to tolerate.
  tolerancePercent: {},
}

/** Two, because every machine has them; more would be oversubscribed on some. */
const CPUS = 2

/** Short passes, so that a round is over before the machine changes. */
const WORKLOADS = ['munmap-storm:ops=16;pages=4', 'direct-map-zap', 'mprotect-storm']

/** What is measured when nobody chooses: rounds for every entry, and one for all of an operation. */
const DEFAULT_CELLS = new Set(
  ['immediate', 'batched'].map((strategy) => `threads/${strategy}/munmap-storm/${CPUS}`),
)

/**
 * In suites of one thread the builds of one process differ by what V8 happened to compile and where their memory lies,
 * mostly by 4 to 9 %: 5 % cannot be told from that in minutes.
 */
const COARSE = 1.1
const COARSER = 1.15

const SUITE_MEASURED_MS = 500

interface SuiteSide {
  readonly suite: string
  readonly side: string
  readonly cores: number
  readonly isDefault: boolean
  readonly target?: number
}

/** The sides of the suites that are the harness's own work, without the bare loops that they are held against. */
const SIDES: readonly SuiteSide[] = [
  { suite: 'tlb-hit', side: 'hit, runs of 64', cores: 1, isDefault: true },
  { suite: 'interrupt', side: 'immediate round', cores: 2, isDefault: true },
  { suite: 'sim-interrupts', side: 'interrupt', cores: 1, isDefault: false, target: COARSER },
  { suite: 'sim-hits', side: 'hit', cores: 1, isDefault: true, target: COARSE },
  { suite: 'sim-misses', side: 'miss', cores: 1, isDefault: false, target: COARSER },
  { suite: 'walk', side: 'miss, warm', cores: 1, isDefault: false, target: COARSER },
  { suite: 'walk', side: 'miss, cold', cores: 1, isDefault: false, target: COARSER },
]

/** What an unmap costs under `lazy` depends on how full its ring is, which each process finds otherwise. */
const TARGETS: Readonly<Record<string, number>> = { lazy: 1.1 }

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
      const cell = { name, request, isDefault: DEFAULT_CELLS.has(name), cores: CPUS }
      return strategy in TARGETS ? { ...cell, target: TARGETS[strategy] } : cell
    }),
  )
}

function suiteCells(): WallCell[] {
  return SIDES.map(({ suite, side, ...cell }) => {
    const request: ContestantRequest = { kind: 'suite', suite, side }
    return { name: `suite/${suite}/${side}`, request, measuredMs: SUITE_MEASURED_MS, ...cell }
  })
}

/** What `npm run gate -- --against REF` measures. */
export const WALL_CLOCK: WallClockMatrix = {
  cells: [...threadsCells(), ...suiteCells()],
  entry: fileURLToPath(new URL('./duelProcess.js', import.meta.url)),
  warmupMs: 300,
  // Longer than a busy neighbour mostly stays: what it takes comes and goes by tenths of a second.
  measuredMs: 800,
  mostProcesses: 40,
}
