import type { StrategyModule } from '../../contract/strategy.js'
import type { WorkloadModule } from '../../contract/workload.js'
import { COUNT_DEMANDS } from '../../machine/counters.js'
import { mixedWorkload } from '../mixedWorkload.js'
import type { Check } from './check.js'
import { runCell, type SimCell } from './simCell.js'

const MIXED: SimCell = {
  workload: mixedWorkload(3, 60),
  workloadName: 'mixed',
  workloadParameters: {},
  tickUs: 10,
  variant: {},
  cpus: 2,
  initiators: 2,
  seed: 1,
  serialStart: 0,
  frames: 8192,
}

/** Small rings, ceilings and gathers, masks of more than one word, serials that wrap. */
const MIXED_CELLS: readonly Partial<SimCell>[] = [
  { cpus: 2 },
  { cpus: 3 },
  { cpus: 4 },
  { cpus: 2, variant: { ring: 1 } },
  { cpus: 3, variant: { ring: 2 } },
  { cpus: 4, variant: { ring: 3 } },
  { cpus: 3, variant: { ceiling: 1, gatherLimit: 2 } },
  { cpus: 3, serialStart: -40 },
  { cpus: 3, serialStart: 0x7fffffff - 40, variant: { ring: 2 } },
]
const SEEDS = [1, 2, 3, 4]

/** The full oracle over mixtures of operations, in virtual time. */
export function mixedChecks(profile: string): Check[] {
  const cells = SEEDS.flatMap((seed) =>
    MIXED_CELLS.map((cell) => ({ ...MIXED, ...cell, seed, initiators: cell.cpus ?? MIXED.cpus })),
  )
  cells.push({ ...MIXED, workload: mixedWorkload(3, 8), cpus: 40, initiators: 40 })
  return cells.map((cell) => ({
    rung: 'sim',
    name: nameOf(cell),
    run: (module) =>
      applies(module, cell) ? (runCell(module, profile, cell).violations.at(0)?.invariant ?? null) : null,
  }))
}

/** The first thing that is run at all: whoever throws here throws everywhere. */
export function tinyCheck(profile: string): Check {
  const cell = { ...MIXED, workload: mixedWorkload(2, 4) }
  return {
    rung: 'load',
    name: 'tiny mixture',
    run: (module) => {
      runCell(module, profile, cell)
      return null
    },
  }
}

const SHIPPED: readonly [name: string, parameters: Record<string, number>][] = [
  ['munmap-storm', { pages: 3, ops: 24, pauseNs: 5_000 }],
  ['munmap-storm', { pages: 34, ops: 8, pauseNs: 5_000 }],
  ['madvise-page', { pages: 8, ops: 12 }],
  ['mprotect-storm', { pages: 16, range: 3, pairs: 6 }],
  ['direct-map-zap', { pages: 8, ops: 16, directFrames: 4 }],
  ['web-server', { ops: 12, thinkNs: 0, workNs: 0 }],
]

/** Seldom a sweep and always room, and the other way round; small ceilings and gathers. */
const VARIANTS = [
  { tickUs: 1000, variant: {} },
  { tickUs: 20, variant: { ring: 4 } },
  { tickUs: 1000, variant: { ceiling: 2, gatherLimit: 2 } },
] as const

/**
 * Interrupts, rounds, flushes and demands on the shipped workloads beside those of the strategy as it
 * is. No times: a mutant that does the same by another way is not caught by what that costs.
 * @param expected what the strategy as it is counted, by `countName`; filled where it is missing
 */
export function countChecks(
  profile: string,
  workloads: Readonly<Record<string, WorkloadModule>>,
  expected: Record<string, string>,
): Check[] {
  const cells = SHIPPED.flatMap(([workloadName, workloadParameters]) =>
    [1, 2, 4, 40].flatMap((cpus) =>
      VARIANTS.map(({ tickUs, variant }) => ({
        ...MIXED,
        workload: workloads[workloadName],
        workloadName,
        workloadParameters,
        cpus,
        initiators: 1,
        tickUs,
        variant,
      })),
    ),
  )
  return cells.map((cell) => ({
    rung: 'counts',
    name: nameOf(cell),
    run: (module) => {
      if (!applies(module, cell)) return null
      const { figures, violations } = runCell(module, profile, cell)
      const { ops, ipis, flushRounds, pagesInvalidated, fullFlushes, counters } = figures
      const demands = counters[COUNT_DEMANDS]
      const counted = JSON.stringify({ ops, ipis, flushRounds, pagesInvalidated, fullFlushes, demands })
      const name = `${module.summary}: ${nameOf(cell)}`
      expected[name] ??= counted
      if (violations.length > 0) return violations[0].invariant
      return counted === expected[name] ? null : differences(expected[name], counted)
    },
  }))
}

/** A variant of parameters that the strategy does not have is the cell without it once more. */
function applies(module: StrategyModule, { variant }: SimCell): boolean {
  const names = Object.keys(variant)
  return names.length === 0 || names.some((name) => Object.hasOwn(module.parameters, name))
}

function differences(before: string, after: string): string {
  const expected = JSON.parse(before) as Record<string, number>
  const counted = JSON.parse(after) as Record<string, number>
  return Object.keys(expected)
    .filter((name) => expected[name] !== counted[name])
    .map((name) => `${name} ${counted[name]} for ${expected[name]}`)
    .join(', ')
}

function nameOf(cell: SimCell): string {
  const values = Object.entries({ ...cell.workloadParameters, tickUs: cell.tickUs, ...cell.variant })
  const shown = values.map(([name, value]) => `${name}=${value}`).join(';')
  return `${cell.workloadName}:${shown}, ${cell.cpus} CPUs, seed ${cell.seed}, serials from ${cell.serialStart}`
}
