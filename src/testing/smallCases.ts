import type { ExploreCase } from '../engines/explore/exploreCase.js'

/** The smallest case in which CPUs can meet. */
export const SMALLEST: ExploreCase = {
  name: 'smallest',
  cpuCount: 2,
  pageCount: 1,
  operationCount: 1,
  alphabet: ['advise', 'touch'],
  roles: [],
  isGuest: false,
  freesTables: false,
  breaksBeforeMake: false,
  preemption: 'none',
  frameCount: 1,
  tickCount: 0,
  spuriousCount: 0,
  fills: 'late',
  hasStoreBuffer: false,
  serialStart: 0,
  usesSymmetry: false,
}

/**
 * One small case for each thing that can happen, as it differs from the smallest: seconds for a strategy,
 * where `npm run explore` takes minutes. Alphabets are in the order of `OPERATION_KINDS`, as the command
 * puts them, or a schedule would mean another one there.
 */
export const SMALL_CASES: Readonly<Record<string, Partial<ExploreCase>>> = {
  steps: { pageCount: 2, frameCount: 2, operationCount: 2 },
  'one frame': { pageCount: 2, operationCount: 2 },
  hooks: { preemption: 'hooks' },
  everywhere: { preemption: 'all', alphabet: ['advise'] },
  protect: { alphabet: ['advise', 'protect', 'unprotect'], operationCount: 2 },
  remap: { alphabet: ['remap', 'populate'], operationCount: 2, frameCount: 3 },
  batch: { alphabet: ['advise', 'touch', 'batch'], operationCount: 2 },
  switch: { alphabet: ['advise', 'touch', 'switch'], operationCount: 2 },
  'switch in hooks': { alphabet: ['advise', 'switch'], preemption: 'hooks' },
  idle: { alphabet: ['advise', 'touch', 'idle'], operationCount: 2 },
  'idle in hooks': { alphabet: ['advise', 'idle'], preemption: 'hooks' },
  guest: { isGuest: true, operationCount: 2 },
  spurious: { spuriousCount: 1, operationCount: 2 },
  ticks: { tickCount: 4 },
  'store buffer': { hasStoreBuffer: true, preemption: 'hooks', alphabet: ['advise'] },
  'freed tables': {
    alphabet: ['remap', 'populate', 'pin'],
    freesTables: true,
    operationCount: 3,
    frameCount: 3,
  },
  vmalloc: { alphabet: ['vmalloc'], operationCount: 3, frameCount: 3 },
  'write-out': { alphabet: ['advise', 'touch', 'writeOut'], operationCount: 2 },
  'break-before-make': { breaksBeforeMake: true, operationCount: 2, frameCount: 2 },
  wrap: { serialStart: -1, operationCount: 2 },
  sign: { serialStart: 2147483647, operationCount: 2 },
  alone: { cpuCount: 1, operationCount: 3, alphabet: ['advise', 'touch', 'protect', 'batch', 'switch'] },
  'three CPUs': { cpuCount: 3 },
  window: { alphabet: ['advise', 'window'], operationCount: 3 },
}
