/** Verdicts written by hand, for tests of what is made of them. */
import type {
  CellVerdict,
  Comparison,
  ExactFinding,
  ExactVerdict,
  WallClockVerdict,
} from '../../dist/src/gate/verdict.js'

export const FILES = { json: 'out/verdict.json', csv: 'out/verdict.csv' }

/** What a name may do to the place where it is shown: break a row, begin a command, HTML, an emoji, a mention. */
export const HOSTILE =
  '| a\r\n::error::b <img src=x> `c` \\| **d** [e](http://f) @g #1 :h: $i$ 100 % \u001b[31m\u202ej'

export function finding(changes: Partial<ExactFinding>): ExactFinding {
  return {
    kind: 'worse',
    cell: 'sim batched munmap-storm 8 CPUs',
    oracle: 'local',
    metric: 'op_total_ns',
    before: 1000,
    after: 1052,
    ratio: 1.052,
    ...changes,
  }
}

export function exact(changes: Partial<ExactVerdict> = {}): ExactVerdict {
  return {
    tier: 'exact',
    outcome: 'regression',
    reason: '1 of 48 cells needs more than before.',
    remedy: 'Undo the change, or accept it.',
    cellCount: 48,
    comparedCount: 1204,
    findings: [finding({})],
    violations: [],
    ...changes,
  }
}

export function comparison(ratio: number, low: number, high: number, pAdjusted: number): Comparison {
  return { processes: 20, ratio, low, high, coverage: 0.958, p: pAdjusted / 2, pAdjusted }
}

export const SLOWER: CellVerdict = {
  cell: 'threads batched munmap-storm 2 CPUs',
  outcome: 'regression',
  reason: 'slower in both batches',
  baseNs: 2000,
  headNs: 2104,
  batch: comparison(1.052, 1.039, 1.061, 0.004),
  control: comparison(1.001, 0.996, 1.005, 0.6),
  confirmation: comparison(1.05, 1.041, 1.062, 0.002),
  detectable: 1.021,
  target: 1.05,
}

export const NOISY: CellVerdict = {
  ...SLOWER,
  cell: 'threads lazy munmap-storm 2 CPUs',
  outcome: 'inconclusive',
  reason: 'too noisy to find 5 %',
  baseNs: NaN,
  headNs: 15_000,
  batch: comparison(0.98, 0.9, 1.2, 1),
  confirmation: null,
  detectable: null,
}

export function wallClock(changes: Partial<WallClockVerdict> = {}): WallClockVerdict {
  return {
    tier: 'wall-clock',
    outcome: 'regression',
    reason: '1 of 2 cells is slower than main.',
    remedy: '',
    base: { ref: 'main', commit: '0123456789abcdef0123456789abcdef01234567' },
    head: { commit: 'fedcba9876543210fedcba9876543210fedcba98', dirty: true },
    target: 1.05,
    leastRatio: 1.025,
    alpha: 0.05,
    budgetSeconds: 300,
    seed: 1,
    cells: [NOISY, SLOWER],
    violations: [],
    warnings: [],
    ...changes,
  }
}
