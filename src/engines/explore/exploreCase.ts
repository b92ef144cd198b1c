import type { Preemption } from './stepLog.js'

/** What a CPU can do at a time of its choice. Each becomes one action per page where it names one. */
export const OPERATION_KINDS = [
  /** Takes one page away and keeps its address: `madvise(MADV_DONTNEED)`. */
  'advise',
  /** The same for all pages in one call. */
  'adviseAll',
  /** Faults in a page that is not there. */
  'touch',
  /** Takes the right to write a page away, and gives it back. */
  'protect',
  'unprotect',
  /** Each CPU unmaps and maps a mapping of its own, at an address that the library picks. */
  'remap',
  /** Faults in the page of that mapping. */
  'populate',
  /** Cleans a page and begins to write it out. */
  'writeOut',
  /** Walks to a page in software, interrupts off, and pins it. */
  'pin',
  /** Opens and closes a batch. */
  'batch',
  /** Loads the other of two spaces. */
  'switch',
  /** Has nothing to run any more; the search wakes it at any later time. */
  'idle',
  /** Takes the page of a mapping in the other space away, from wherever the CPU is: `process_madvise`. */
  'adviseOther',
  /** Each CPU maps and frees a page of the kernel's virtual area, which all may use; populated at once. */
  'vmalloc',
  /** Maps a page for a moment in the CPU's own window, and takes it out again. */
  'window',
] as const
export type OperationKind = (typeof OPERATION_KINDS)[number]

/** One small case: everything that happens in it is a choice of the search. */
export interface ExploreCase {
  readonly name: string
  readonly cpuCount: number
  /** Pages of the mapping that all CPUs share. */
  readonly pageCount: number
  /** Operations of each CPU, freely chosen from the alphabet. */
  readonly operationCount: number
  readonly alphabet: readonly OperationKind[]
  /** What each CPU may choose of it: the last list is for all CPUs that follow. Empty: everybody everything. */
  readonly roles: readonly (readonly OperationKind[])[]
  /** The shared mapping is guest memory: each fault takes a page out of the kernel's direct map. */
  readonly isGuest: boolean
  /** Leaf tables are freed with the last mapping below them. */
  readonly freesTables: boolean
  /** The machine must not see two valid entries for one address one after the other without a flush in between. */
  readonly breaksBeforeMake: boolean
  readonly preemption: Preemption
  /** Frames of the pool. */
  readonly frameCount: number
  /** Ticks and spurious interrupts that each CPU takes at most. */
  readonly tickCount: number
  readonly spuriousCount: number
  /**
   * When CPUs cache entries: `late`, where it can still matter (speculation.ts), or `anytime`, in every
   * state. The second is the definition and is kept to test the first against.
   */
  readonly fills: 'late' | 'anytime'
  /** Plain stores of strategies wait in a buffer per CPU, as under x86's total store order. */
  readonly hasStoreBuffer: boolean
  readonly serialStart: number
  /** Of CPUs that have done nothing yet only the first may begin, where the strategy declares that it treats all alike. */
  readonly usesSymmetry: boolean
}

/** One thing that a CPU can begin, as the search numbers them. */
export interface OperationChoice {
  readonly kind: OperationKind
  readonly page: number
}

const PER_PAGE = new Set<OperationKind>(['advise', 'touch', 'protect', 'unprotect', 'writeOut'])

export function roleOf({ alphabet, roles }: ExploreCase, cpu: number): readonly OperationKind[] {
  return roles.length === 0 ? alphabet : roles[Math.min(cpu, roles.length - 1)]
}

export function choicesOf(plan: ExploreCase): OperationChoice[] {
  return plan.alphabet.flatMap((kind): OperationChoice[] => {
    return PER_PAGE.has(kind)
      ? Array.from({ length: plan.pageCount }, (_, page) => ({ kind, page }))
      : [{ kind, page: 0 }]
  })
}

/**
 * Whether CPUs that have not begun can be taken for one another: the strategy says so, and the case
 * gives no CPU anything of its own (a role; a mapping, and with it a part of the address space; having been in
 * the other space to make one there). Hooks visit other CPUs in the order of their numbers: with two
 * others and preemption in between, exchanging these does not exchange what follows.
 */
export function isReduced(plan: ExploreCase, isStrategySymmetric: boolean): boolean {
  const { usesSymmetry, alphabet, roles } = plan
  const isOrderSeen = plan.cpuCount > 2 && plan.preemption !== 'none'
  const owned: readonly OperationKind[] = ['remap', 'adviseOther', 'vmalloc', 'window']
  const isOwned = roles.length > 0 || owned.some((kind) => alphabet.includes(kind))
  return usesSymmetry && isStrategySymmetric && !isOrderSeen && !isOwned
}
