/**
 * Page-table entries as every floor sees them: one 32-bit word.
 *
 * Bits 0-7 are what hardware reads, bits 8-11 are ignored by hardware and belong to the page-table
 * library, bits 12-31 are the frame number (20 bits: at most 2^20 frames of 4 KiB).
 */

export const PRESENT = 1 << 0
export const WRITABLE = 1 << 1
export const USER = 1 << 2
export const ACCESSED = 1 << 3
export const DIRTY = 1 << 4
export const EXECUTABLE = 1 << 5
export const GLOBAL = 1 << 6
/** The entry of a directory is itself a leaf that maps a large page (2 MiB at level 2). */
export const LARGE = 1 << 7

/** Permissions: a cached entry that has more of these than the page table is stale in the harmful direction. */
export const PERMISSIONS: number = WRITABLE | USER | EXECUTABLE

export const FRAME_SHIFT = 12
/** The hardware's bits of an entry, without frame and software bits. */
export const HARDWARE_FLAGS = 0xff

/** Every level of the radix tree has 512 entries; there are 4 levels. */
export const LEVEL_BITS = 9
export const ENTRIES_PER_TABLE: number = 1 << LEVEL_BITS
export const LEVELS = 4
/** A 2 MiB page is a leaf at level 2 and spans this many 4 KiB pages. */
export const PAGES_PER_LARGE: number = ENTRIES_PER_TABLE

/** The address space of the kernel: its mappings are global, every CPU may cache them at any time. */
export const KERNEL_SPACE = 0

/**
 * Virtual page numbers are 31 bits, so that they stay small integers. User mappings lie below this
 * page, the kernel's direct map (page DIRECT_MAP_BASE + f maps frame f) at and above it.
 */
export const DIRECT_MAP_BASE: number = 1 << 30

/** The kernel's virtual area, above the longest direct map and below the same entry of the root. */
export const VMALLOC_BASE: number = DIRECT_MAP_BASE + (1 << 26)
export const VMALLOC_PAGES: number = 1 << 26
