/**
 * A script is a small plain value that says what every CPU does. Any script whose numbers are within
 * the bounds below is legal: what makes no sense at a point of a tape is passed over when the tapes are
 * written (scriptTapes.ts). So steps can be drawn one by one, and taken out one by one when a failing
 * script is made smaller.
 */

/** How CPUs share a mapping. All are mapped in the setup by their owner. */
export const SHARINGS = {
  /** Stays mapped; every CPU reads, writes, protects and advises it away, at the same time. */
  s: 'shared',
  /** The owner unmaps and maps it again; the others access it and find it gone now and then. */
  c: 'churned',
  /** As churned, but nobody else touches it: what it costs does not depend on timing. */
  o: 'own',
} as const
export type Sharing = keyof typeof SHARINGS

export const KINDS = { w: 'writable', r: 'read only', g: 'guest', d: "the device's" } as const
export type RegionKind = keyof typeof KINDS

export interface Region {
  readonly pages: number
  readonly sharing: Sharing
  readonly kind: RegionKind
  /** Both wrap around: a script from which CPUs or spaces were taken stays legal. */
  readonly space: number
  readonly owner: number
}

/**
 * What a step does, by its letter, and the largest value of each of its numbers. `region` wraps around
 * among the regions that the step is legal for at that point, `first` and `count` among its pages.
 */
export const VERBS = {
  m: { name: 'map', bounds: [31] },
  u: { name: 'unmap', bounds: [31] },
  t: { name: 'take write permission', bounds: [31, 1023, 1023] },
  g: { name: 'give write permission', bounds: [31, 1023, 1023] },
  a: { name: 'advise away', bounds: [31, 1023, 1023] },
  o: { name: 'write out', bounds: [31, 1023, 1023] },
  n: { name: 'pin', bounds: [31, 1023, 1023] },
  r: { name: 'read', bounds: [31, 1023, 1023] },
  w: { name: 'write', bounds: [31, 1023, 1023] },
  d: { name: 'read the direct map', bounds: [0xfffff, 63] },
  /** Get, read, put in the CPU's window. Of so many pages and one: the most are one more than it has, and that get fails. */
  e: { name: 'map for a moment', bounds: [7, 0xfffff] },
  /** The next so many steps are one batch. */
  b: { name: 'batch', bounds: [4] },
  s: { name: 'switch', bounds: [7] },
  /** The first CPU that has one tears the last of several spaces down; then nobody is at home there, and all that is mapped in it is that CPU's. */
  x: { name: 'tear down', bounds: [] },
  p: { name: 'pause, ns', bounds: [100_000] },
  c: { name: 'compute, ns', bounds: [20_000] },
  i: { name: 'idle, ns', bounds: [100_000] },
  v: { name: 'preempted by the host, ns', bounds: [100_000] },
  /** Initiators only, and never in a batch: who waits there would hold what the others need. */
  k: { name: 'tick', bounds: [] },
  y: { name: 'await readers', bounds: [] },
  j: { name: 'join the other initiators', bounds: [] },
} as const satisfies Record<string, { name: string; bounds: readonly number[] }>
export type Verb = keyof typeof VERBS

export interface Step {
  readonly verb: Verb
  /** As many as the verb has bounds. */
  readonly numbers: readonly number[]
}

export interface Script {
  /** User spaces. */
  readonly spaces: number
  /** CPUs without a tape. */
  readonly bystanders: number
  /** Just as many frames as can never run out, so that held ones are demanded. */
  readonly isShort: boolean
  /** Interrupts arrive up to this much later than they would, microseconds. */
  readonly delayUs: number
  readonly regions: readonly Region[]
  /** One list for each CPU, initiators first. */
  readonly initiators: readonly (readonly Step[])[]
  readonly readers: readonly (readonly Step[])[]
}

export const MAX_SPACES = 4
export const MAX_REGION_PAGES = 1024
export const MAX_REGIONS = 32
export const MAX_SCRIPT_CPUS = 64
export const MAX_DELAY_US = 1000

export function cpuCountOf(script: Script): number {
  return script.initiators.length + script.readers.length + script.bystanders
}

export function stepCountOf(script: Script): number {
  return [...script.initiators, ...script.readers].reduce((sum, steps) => sum + steps.length, 0)
}
