/** Hardware that not every machine has. A strategy that cannot do without it says so in `StrategyModule.needs`. */
export const HARDWARE = [
  'broadcast',
  'invlpgb',
  'tlbi',
  'expiring',
  'coherent',
  'directory',
  'iommu',
  'vcpu',
  'perCpuTables',
  'privateFills',
] as const
/**
 * `broadcast`: one CPU drops translations on all of them, without any software there. Two kinds of it:
 * `invlpgb` (AMD64 APM vol. 3: INVLPGB names a few pages, TLBSYNC waits) and `tlbi` (Arm ARM: TLBI names a
 * page or a range of up to 2^21 pages, DSB waits). A strategy that runs on either needs `broadcast`.
 *
 * `perCpuTables`: each CPU walks page tables of its own, whose entries its faults copy from the shared one (RadixVM).
 * `privateFills`: a CPU can fill its TLB through a table of its own under the same tag, so that the accessed bit of the
 * shared entry stays clear (ABIS).
 *
 * Three kinds know more of TLBs than today's machines, and are proposals of papers that were read as abstracts
 * only. Each is on for strategies that need it, and for others the machine is as if it had none.
 * `expiring`: what a CPU caches, it uses for `assumes.leaseNs` and not longer; how long anybody may use a
 * page-table entry stands beside the entry (Awad et al., PACT 2017). `coherent`: every TLB drops what it holds
 * of an entry as part of the entry's write, and its paging-structure cache where that is a directory's
 * (Romanescu et al., HPCA 2010; Yan et al., ISCA 2017). `directory`: a shared directory knows which TLBs hold
 * a page, and drops it there when it is told to (Villavieja et al., PACT 2011).
 */
export type Hardware = (typeof HARDWARE)[number]

/** In place of an expiry: nothing says when the translation is gone. Paging-structure caches do not expire, so it is that of tables. */
export const NEVER_EXPIRES: number = -(2 ** 31)

/** Whether any of it is a broadcast, of whatever kind. */
export function needsBroadcast(needs: readonly Hardware[] = []): boolean {
  return needs.some((name) => name === 'broadcast' || name === 'invlpgb' || name === 'tlbi')
}

/** Whether a page-table entry says nothing of who may have cached it: its accessed bit is clear, and some CPU has it all the same. */
export function hidesAccess(needs: readonly Hardware[] = []): boolean {
  return needs.includes('perCpuTables') || needs.includes('privateFills')
}

/** The address-space tag of global entries, which are those of the kernel's space; spaces have tags above it. */
export const GLOBAL_TAG = 0

/** Page count of a broadcast: everything under the tag. With GLOBAL_TAG: everything under any tag. */
export const WHOLE_TAG: number = -1
