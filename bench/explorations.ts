import type { ExploreDefaults, PlannedCase } from '../src/harness/explore/explorePlan.js'

const BASE = {
  cpuCount: 2,
  pageCount: 1,
  operationCount: 2,
  alphabet: ['advise', 'touch'],
  isGuest: false,
  preemption: 'hooks',
  frameCount: 1,
  tickCount: 1,
  spuriousCount: 0,
  hasStoreBuffer: false,
  serialStart: 0,
  fills: 'late',
  usesSymmetry: true,
  parameters: { ring: 1 },
} as const

/** Each case for each strategy. Small rings and pools find more than another page does. */
const CASES: readonly PlannedCase[] = [
  {
    ...BASE,
    name: 'steps',
    summary: 'whole hooks: 2 CPUs x 3 pages x 3 operations',
    pageCount: 3,
    operationCount: 3,
    preemption: 'none',
    frameCount: 3,
  },
  { ...BASE, name: 'pool-1', summary: 'one frame and a ring of one for two pages', pageCount: 2 },
  {
    ...BASE,
    name: 'pool-2',
    summary: 'two frames and a ring of two for two pages',
    pageCount: 2,
    frameCount: 2,
    parameters: { ring: 2 },
  },
  {
    ...BASE,
    name: 'protect',
    summary: 'a permission goes and comes back',
    alphabet: ['advise', 'touch', 'protect', 'unprotect'],
  },
  {
    ...BASE,
    name: 'remap',
    summary: 'mappings go and addresses are dealt out again',
    operationCount: 3,
    alphabet: ['remap', 'populate'],
    frameCount: 3,
    preemption: 'none',
  },
  {
    ...BASE,
    name: 'batch',
    summary: 'several operations in one batch',
    pageCount: 2,
    operationCount: 3,
    alphabet: ['advise', 'touch', 'batch'],
    frameCount: 2,
    preemption: 'none',
  },
  {
    ...BASE,
    name: 'switch',
    summary: 'CPUs leave the space and come back',
    alphabet: ['advise', 'touch', 'switch'],
  },
  {
    ...BASE,
    name: 'switch-race',
    summary: 'CPUs enter and leave a space at the same time, and one changes it then',
    operationCount: 3,
    alphabet: ['advise', 'touch', 'switch'],
  },
  { ...BASE, name: 'guest', summary: 'each fault takes a page out of the direct map', isGuest: true },
  { ...BASE, name: 'spurious', summary: 'interrupts that nobody sent', spuriousCount: 1 },
  {
    ...BASE,
    name: 'ticks',
    summary: 'one operation and enough ticks to free what it defers',
    operationCount: 1,
    tickCount: 4,
  },
  {
    ...BASE,
    name: 'store-buffer',
    summary: 'plain stores become visible late',
    hasStoreBuffer: true,
    operationCount: 1,
    tickCount: 3,
  },
  { ...BASE, name: 'wrap', summary: 'serials wrap on the way', serialStart: -1 },
  { ...BASE, name: 'three-cpus', summary: 'whole hooks on three CPUs', cpuCount: 3, preemption: 'none' },
]

/** What `npm run explore` covers when nothing is asked for. */
export const EXPLORATIONS: ExploreDefaults = {
  cases: CASES,
  profile: 'icelake-2s64c',
  // A state takes about 17 bytes: this is 700 MB.
  stateCount: 40_000_000,
  seconds: 60,
}
