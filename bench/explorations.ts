import type { ExploreDefaults, PlannedCase } from '../src/harness/explore/explorePlan.js'

const BASE = {
  cpuCount: 2,
  pageCount: 1,
  operationCount: 2,
  alphabet: ['advise', 'touch'],
  roles: [],
  isGuest: false,
  freesTables: false,
  preemption: 'hooks',
  frameCount: 1,
  tickCount: 1,
  spuriousCount: 0,
  hasStoreBuffer: false,
  serialStart: 0,
  fills: 'late',
  usesSymmetry: true,
  parameters: { ring: 1 },
  seconds: 30,
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
    seconds: 240,
  },
  {
    ...BASE,
    name: 'pool-1',
    seconds: 120,
    summary: 'one frame and a ring of one for two pages',
    pageCount: 2,
  },
  {
    ...BASE,
    name: 'pool-2',
    summary: 'two frames and a ring of two for two pages',
    pageCount: 2,
    frameCount: 2,
    parameters: { ring: 2 },
    seconds: 180,
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
  { ...BASE, name: 'guest', summary: 'each fault takes a page out of the direct map', isGuest: true },
  {
    ...BASE,
    name: 'tables',
    summary: 'leaf tables are freed and used again, and walked in software',
    alphabet: ['remap', 'populate', 'pin'],
    operationCount: 2,
    frameCount: 3,
    freesTables: true,
  },
  {
    ...BASE,
    name: 'write-out',
    summary: 'dirty pages are cleaned',
    alphabet: ['advise', 'touch', 'writeOut'],
  },
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
  {
    ...BASE,
    name: 'three-pages',
    summary: 'whole hooks on three CPUs with two pages',
    cpuCount: 3,
    pageCount: 2,
    frameCount: 2,
    preemption: 'none',
  },
  { ...BASE, name: 'three-hooks', summary: 'three CPUs, preempted inside hooks', cpuCount: 3 },
  {
    ...BASE,
    name: 'longer',
    summary: 'three operations of each CPU, preempted inside hooks',
    pageCount: 2,
    operationCount: 3,
    frameCount: 2,
  },
  {
    ...BASE,
    name: 'kernel',
    summary: 'preempted at every atomic access of the kernel side as well',
    preemption: 'all',
    frameCount: 2,
  },
]

/** What `npm run explore` covers when nothing is asked for. */
export const EXPLORATIONS: ExploreDefaults = {
  cases: CASES,
  profile: 'icelake-2s64c',
  defects: async () => {
    const { plannedDefects } = await import('../src/testing/plannedDefects.js')
    return plannedDefects()
  },
  // A state takes about 17 bytes: this is 700 MB.
  stateCount: 40_000_000,
}
