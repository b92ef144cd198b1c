import type { SuiteRun } from './suite.js'

/** All suites, in the order of the table. Each is loaded in a process of its own and nothing else with it. */
export const SUITES: ReadonlyMap<string, () => Promise<{ default: SuiteRun }>> = new Map([
  ['tlb-hit', () => import('./tlbHit.js')],
  ['walk', () => import('./walk.js')],
  ['interrupt', () => import('./interrupt.js')],
  ['sim-hits', () => import('./simHits.js')],
  ['sim-misses', () => import('./simMisses.js')],
  ['sim-interrupts', () => import('./simInterrupts.js')],
  ['sim-memory', () => import('./simMemory.js')],
  ['oracle', () => import('./oracle.js')],
  ['faults', () => import('./faults.js')],
])
