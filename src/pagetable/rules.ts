import {
  KIND_DIRECT_MAP,
  KIND_EPHEMERAL,
  KIND_GUEST,
  KIND_NAMES,
  KIND_USER,
  KIND_VMALLOC,
  SCOPE_ALL,
  SCOPE_CPU,
  SCOPE_SPACE,
  type Scope,
} from '../contract/change.js'
import {
  EXPOSE,
  FRAME_REUSE,
  IO,
  RELAXED,
  REVOKE,
  SEEN,
  TABLE_REUSE,
  VA_REUSE,
} from '../contract/obligation.js'
import {
  OPERATION_ADVISE_AWAY,
  OPERATION_NAMES,
  OPERATION_PROTECT,
  OPERATION_PUT,
  OPERATION_UNMAP,
  OPERATION_WRITE_OUT,
  OPERATION_ZAP_DIRECT,
} from '../contract/operation.js'
import { PERMISSIONS, PRESENT } from '../contract/page.js'

/**
 * THE table of what must be flushed before what. Whoever adds an operation or a kind of mapping adds
 * its rows here and nowhere else; strategies see the obligations, never the operation's name.
 *
 * Mapping a page that was not present, and putting a page back into the direct map, owe nothing:
 * entries that are not present are not cached (Intel SDM vol. 3A, 4.10.2.3).
 */
export interface Rule {
  readonly operation: number
  readonly kind: number
  /** Whether the edit takes something away: presence, or a permission. */
  readonly takes: boolean
  /** The edit takes a leaf table out of the tree. */
  readonly freesTable?: boolean
  readonly obligations: number
  readonly scope: Scope
  readonly source: string
}

export const RULES: readonly Rule[] = [
  {
    operation: OPERATION_UNMAP,
    kind: KIND_USER,
    takes: true,
    scope: SCOPE_SPACE,
    obligations: SEEN | FRAME_REUSE | VA_REUSE,
    source: 'unhook, invalidate, free: Linux include/asm-generic/tlb.h; gone at return: POSIX munmap',
  },
  {
    operation: OPERATION_UNMAP,
    kind: KIND_GUEST,
    takes: true,
    scope: SCOPE_SPACE,
    obligations: SEEN | FRAME_REUSE | VA_REUSE,
    source:
      'as user memory; the direct-map page is put back when the frame is free (guest_memfd: zap then prepare, invalidate then restore)',
  },
  {
    operation: OPERATION_UNMAP,
    kind: KIND_VMALLOC,
    takes: true,
    scope: SCOPE_ALL,
    obligations: VA_REUSE,
    source:
      'vfree: the frames are free at once, the address waits for a purge; the kernel is trusted with its own dead pointers (Linux 4.10 mm/vmalloc.c, __vunmap and remove_vm_area)',
  },
  {
    operation: OPERATION_UNMAP,
    kind: KIND_USER,
    takes: true,
    freesTable: true,
    scope: SCOPE_SPACE,
    obligations: TABLE_REUSE,
    source:
      'gather with freed_tables set: also idle CPUs, and software walkers, before the page is freed (Linux include/asm-generic/tlb.h, mm/mmu_gather.c tlb_remove_table)',
  },
  {
    operation: OPERATION_UNMAP,
    kind: KIND_GUEST,
    takes: true,
    freesTable: true,
    scope: SCOPE_SPACE,
    obligations: TABLE_REUSE,
    source: 'as user memory',
  },
  {
    operation: OPERATION_ADVISE_AWAY,
    kind: KIND_USER,
    takes: true,
    scope: SCOPE_SPACE,
    obligations: SEEN | FRAME_REUSE | VA_REUSE,
    source: 'madvise(MADV_DONTNEED): the next read must see zeroes, will-it-scale tlb_flush2 asserts it',
  },
  {
    operation: OPERATION_ADVISE_AWAY,
    kind: KIND_GUEST,
    takes: true,
    scope: SCOPE_SPACE,
    obligations: SEEN | FRAME_REUSE | VA_REUSE,
    source: 'as user memory (fallocate(FALLOC_FL_PUNCH_HOLE) on guest_memfd)',
  },
  {
    operation: OPERATION_PROTECT,
    kind: KIND_USER,
    takes: true,
    scope: SCOPE_SPACE,
    obligations: REVOKE,
    source: 'Linux mm/mprotect.c flushes before it returns; garbage collectors and write-back rely on it',
  },
  {
    operation: OPERATION_PROTECT,
    kind: KIND_USER,
    takes: false,
    scope: SCOPE_SPACE,
    obligations: RELAXED,
    source: 'a CPU with the old entry takes a spurious fault and retries: Linux flush_tlb_fix_spurious_fault',
  },
  {
    operation: OPERATION_PROTECT,
    kind: KIND_GUEST,
    takes: true,
    scope: SCOPE_SPACE,
    obligations: REVOKE,
    source: 'as user memory',
  },
  {
    operation: OPERATION_PROTECT,
    kind: KIND_GUEST,
    takes: false,
    scope: SCOPE_SPACE,
    obligations: RELAXED,
    source: 'as user memory',
  },
  {
    operation: OPERATION_WRITE_OUT,
    kind: KIND_USER,
    takes: true,
    scope: SCOPE_SPACE,
    obligations: IO,
    source:
      'clean before write-out: the flush comes before the IO where an entry was writable and dirty (Linux mm/rmap.c page_mkclean, try_to_unmap_flush_dirty)',
  },
  {
    operation: OPERATION_WRITE_OUT,
    kind: KIND_USER,
    takes: false,
    scope: SCOPE_SPACE,
    obligations: RELAXED,
    source: 'dirty but not writable any more: whoever took the permission away owed the flush',
  },
  {
    operation: OPERATION_WRITE_OUT,
    kind: KIND_GUEST,
    takes: true,
    scope: SCOPE_SPACE,
    obligations: IO,
    source: 'as user memory',
  },
  {
    operation: OPERATION_WRITE_OUT,
    kind: KIND_GUEST,
    takes: false,
    scope: SCOPE_SPACE,
    obligations: RELAXED,
    source: 'dirty but not writable any more: whoever took the permission away owed the flush',
  },
  {
    operation: OPERATION_ZAP_DIRECT,
    kind: KIND_DIRECT_MAP,
    takes: true,
    scope: SCOPE_ALL,
    obligations: EXPOSE,
    source:
      'guest_memfd without direct map: all CPUs, before the page is given to guest or user (LKML, Roy 2025; Linux mm/secretmem.c)',
  },
  {
    operation: OPERATION_PUT,
    kind: KIND_EPHEMERAL,
    takes: true,
    scope: SCOPE_CPU,
    obligations: VA_REUSE,
    source:
      'mermap: this CPU, before it maps the address again (Jackman, LKML 2026, mm/mermap.c and arch/x86/include/asm/mermap.h); what its caller owes before the page is freed is left out',
  },
]

/** Rules by operation, kind and whether something is taken: looked up on every change, so an array and not a search. */
const KINDS = KIND_NAMES.length
const byKey: (Rule | undefined)[] = []
const tableByKey: (Rule | undefined)[] = []
for (const rule of RULES) {
  const rows = rule.freesTable === true ? tableByKey : byKey
  rows[keyOf(rule.operation, rule.kind, rule.takes)] = rule
}

function keyOf(operation: number, kind: number, isTaking: boolean): number {
  return (operation * KINDS + kind) * 2 + (isTaking ? 1 : 0)
}

/** Does replacing the old flags by the new ones take anything away? */
export function takes(oldFlags: number, newFlags: number): boolean {
  return (oldFlags & ~newFlags & (PRESENT | PERMISSIONS)) !== 0
}

/** @throws when the table has no row: an edit without a rule must never reach a page table */
export function ruleFor(operation: number, kind: number, isTaking: boolean): Rule {
  const rule = byKey[keyOf(operation, kind, isTaking)]
  if (rule === undefined)
    throw new Error(`no rule for ${OPERATION_NAMES[operation]} of ${KIND_NAMES[kind]} (takes: ${isTaking})`)
  return rule
}

/** The row for a directory entry whose leaf table is freed. */
export function tableRuleFor(operation: number, kind: number): Rule {
  const rule = tableByKey[keyOf(operation, kind, true)]
  if (rule === undefined)
    throw new Error(`no rule for tables of ${OPERATION_NAMES[operation]} of ${KIND_NAMES[kind]}`)
  return rule
}
