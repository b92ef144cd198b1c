import type { Suite, UntimedSuite } from './suite.js'

/** All suites, in the order of the table. Each is loaded in a process of its own and nothing else with it. */
export const SUITES: ReadonlyMap<string, SuiteFile> = new Map<string, SuiteFile>([
  ['tlb-hit', { isTimed: true, load: () => import('./tlbHit.js') }],
  ['walk', { isTimed: true, load: () => import('./walk.js') }],
  ['interrupt', { isTimed: true, load: () => import('./interrupt.js') }],
  ['sim-hits', { isTimed: true, load: () => import('./simHits.js') }],
  ['sim-misses', { isTimed: true, load: () => import('./simMisses.js') }],
  ['sim-interrupts', { isTimed: true, load: () => import('./simInterrupts.js') }],
  ['sim-memory', { isTimed: false, load: () => import('./simMemory.js') }],
  ['oracle', { isTimed: true, load: () => import('./oracle.js') }],
  ['faults', { isTimed: true, load: () => import('./faults.js') }],
])

export type SuiteFile =
  | { readonly isTimed: true; load(): Promise<{ default: Suite }> }
  | { readonly isTimed: false; load(): Promise<{ default: UntimedSuite }> }
