import { randomInt } from 'node:crypto'
import { UsageError } from '../contract/usageError.js'
import { parseSeed } from '../harness/benchOptions.js'
import { nearestFirst } from '../harness/nearest.js'
import { cellExpression } from '../harness/plan.js'
import { asTyped } from '../harness/quote.js'
import { parseInteger } from '../harness/spec.js'
import { parseBudget } from './budget.js'
import type { WallCell } from './duel.js'
import type { ExactOptions } from './exactOptions.js'
import { GateRefusal } from './refusal.js'

/** The options of `gate`, as typed. */
export interface GateOptions extends ExactOptions {
  against?: string
  selfTest?: boolean
  certify?: boolean
  budget?: string
  seed?: string
  runs?: string
  out?: string
  format?: string
}

export type Mode = 'exact' | 'against' | 'selfTest' | 'certify'

/** Which mode takes which option; `cells` means something in all of them. */
const BELONGS: Partial<Record<keyof GateOptions, readonly Mode[]>> = {
  update: ['exact'],
  tolerance: ['exact'],
  baseline: ['exact', 'certify'],
  out: ['exact', 'against'],
  format: ['exact', 'against'],
  budget: ['against', 'selfTest', 'certify'],
  seed: ['against', 'selfTest', 'certify'],
  runs: ['certify'],
}
const NAMES: Record<Mode, string> = {
  exact: 'the exact tier',
  against: '--against',
  selfTest: '--self-test',
  certify: '--certify',
}

/** @throws UsageError where options contradict each other */
export function modeOf(options: GateOptions): Mode {
  const wanted = (['against', 'selfTest', 'certify'] as const).filter((mode) => options[mode] !== undefined)
  if (wanted.length > 1)
    throw new UsageError(
      wanted.map((mode) => NAMES[mode]).join(' with '),
      'a run of the gate does one of these',
      [],
      'give one at a time',
    )
  const mode = wanted[0] ?? 'exact'
  for (const [name, modes] of Object.entries(BELONGS)) {
    if (options[name as keyof GateOptions] === undefined || modes.includes(mode)) continue
    const reason = `it means nothing to ${NAMES[mode]}, only to ${modes.map((known) => NAMES[known]).join(', ')}`
    throw new UsageError(`--${name}`, reason, [], 'leave it out')
  }
  return mode
}

/** The wall clock's own options with their defaults. */
export function wallClockOptions(
  options: GateOptions,
  budget: string,
): { budgetSeconds: number; seed: number } {
  return {
    budgetSeconds: parseBudget(options.budget ?? budget),
    // Another order every time: a gate that always measures in one order always errs in the same way.
    seed: options.seed === undefined ? randomInt(2 ** 31) : parseSeed(options.seed),
  }
}

export function parseRuns(text: string): number {
  const thing = `--runs ${asTyped(text)}`
  const runs = parseInteger(thing, 'it', text)
  if (runs >= 1) return runs
  throw new UsageError(thing, 'at least one gate run of each effect', [], 'for example --runs 60')
}

/**
 * @param typed undefined: those that are measured by default
 * @throws GateRefusal where nothing matches
 */
export function chooseCells(cells: readonly WallCell[], typed: string | undefined): WallCell[] {
  if (typed === undefined) return cells.filter(({ isDefault }) => isDefault)
  const expression = cellExpression('--cells', typed)
  const chosen = cells.filter(({ name }) => expression.test(name))
  if (chosen.length > 0) return chosen
  const names = cells.map(({ name }) => name)
  throw new GateRefusal(
    `no cells: --cells ${asTyped(typed)}`,
    `it matches none of ${names.length}; nearest: ${nearestFirst(typed, names).slice(0, 3).join(', ')}`,
    'match threads/STRATEGY/WORKLOAD/CPUS or suite/SUITE/SIDE',
  )
}
