import { DIRECT_MAP_BASE, ENTRIES_PER_TABLE, FRAME_SHIFT, VMALLOC_PAGES } from '../contract/page.js'
import { WORDS_PER_LINE, type Placed } from '../contract/strategy.js'
import { MOST_WINDOW_PAGES } from '../contract/tape.js'
import { UsageError } from '../contract/usageError.js'
import { FRAME_WORDS, LIST_WORDS } from './frames.js'
import type { Layout } from './layout.js'
import type { Profile } from './profile.js'
import { TABLE_WORDS } from './tables.js'

/** What a machine is built for. */
export interface MachineConfig {
  readonly cpuCount: number
  /** KERNEL_SPACE included. */
  readonly spaceCount: number
  readonly handleCount: number
  /** Pages of the largest operation: the length of each CPU's change log. */
  readonly maxOperationPages: number
  readonly profile: Profile
  /** Pages of each CPU's window for temporary mappings; without it there are none. */
  readonly windowPages?: number | undefined
  /** Whether the tapes map anything in the kernel's virtual area: then each CPU has a part of it. */
  readonly hasVmalloc: boolean
  /** Sequences of serials that each CPU has: one for each part of the strategy. */
  readonly partCount: number
  /** Serial that every CPU issued last before the run; near the wrap in tests. */
  readonly serialStart: number
}

/** A space: root table, operations open, operations begun. */
export const SPACE_ROOT = 0
export const SPACE_OPEN = 1
export const SPACE_BEGAN = 2

/** A mapping: mapped or not, faults in flight, first page, pages, flags allowed | kind << 8, space. */
export const HANDLE_MAPPED = 0
export const HANDLE_PINS = 1
export const HANDLE_FIRST = 2
export const HANDLE_PAGES = 3
export const HANDLE_FLAGS = 4
export const HANDLE_SPACE = 5

/** Beside a CPU's claim list: whether it has frames that are neither mapped nor on any list (inHand.ts). */
export const CLAIM_IN_HAND: number = LIST_WORDS

/** A CPU's part of the user addresses, or of the kernel's area: next page never used, end, free ranges, then a ring of held ranges. */
export const ARENA_NEXT = 0
export const ARENA_END = 1
export const ARENA_FREE_COUNT = 2
export const ARENA_HELD_HEAD = 3
export const ARENA_HELD_TAIL = 4
export const ARENA_LISTS = 8
/** Ranges that can be free at a time: first page, pages. */
export const ARENA_FREE_SLOTS = 1024
export const FREE_SLOT_WORDS = 2
/** Changes for which ranges can be held at a time: first page, pages, serial, tag, space, owner. */
export const ARENA_HELD_SLOTS = 512
export const HELD_SLOT_WORDS = 6
export const ARENA_HELD_AT: number = ARENA_LISTS + ARENA_FREE_SLOTS * FREE_SLOT_WORDS
const ARENA_WORDS: number = ARENA_HELD_AT + ARENA_HELD_SLOTS * HELD_SLOT_WORDS

/** A CPU's window in a space: the next page that needs no flush, then its live allocations: first page, pages (0: none). */
export const WINDOW_NEXT = 0
export const WINDOW_ALLOCATIONS = 1
/** Linux mm/mermap.c tracks so many (struct mermap_cpu, v4 of the series, 2026). */
export const MOST_ALLOCATIONS = 4
export const ALLOCATION_WORDS = 2
const WINDOW_WORDS: number = WINDOW_ALLOCATIONS + MOST_ALLOCATIONS * ALLOCATION_WORDS
/** Windows lie above what is dealt out to users, in each space's own table: the one of CPU c is the same pages in each. */
const WINDOWS_BASE: number = DIRECT_MAP_BASE / 2

/** User pages are dealt out below this page; page 0 stays unmapped. */
const USER_PAGES: number = DIRECT_MAP_BASE / 2
/** An entry has this many bits for the frame number: one more frame would be reached as frame 0. */
const MOST_FRAMES: number = 2 ** (32 - FRAME_SHIFT)
/** Table pages beyond what is computed: ranges that are held while new ones are mapped. */
const SPARE_TABLES = 512
/** Those that a CPU may hold before it demands them, and those that its operation has just freed. */
const HELD_TABLES = 32

/** Word indices of everything that the machine and the page-table library share. */
export interface MachineWords {
  /** By owner (pagetable/parts.ts). */
  readonly issued: Placed
  readonly watermark: Placed
  readonly spaces: Placed
  readonly handles: Placed
  readonly frames: number
  readonly pool: number
  readonly freeLists: Placed
  readonly heldLists: Placed
  /** Frames that a CPU has taken out of a held list to demand them, and CLAIM_IN_HAND. */
  readonly claimLists: Placed
  /** Table pages that were freed: those that a CPU holds, and those that may be used again. */
  readonly heldTables: Placed
  readonly spareTables: number
  /** Each CPU's part of the user addresses; where there is one, its part of the kernel's area behind all of these. */
  readonly arenas: Placed
  /** By CPU and space. */
  readonly windows: Placed
  readonly spaceCount: number
  readonly arenaKinds: number
  readonly nextTable: number
  readonly tables: number
  readonly tableCount: number
  readonly userPagesPerCpu: number
  readonly kernelPagesPerCpu: number
}

function tablePagesFor(config: MachineConfig): number {
  const directMap = Math.ceil(config.profile.memory.frames.value / ENTRIES_PER_TABLE)
  // A CPU's arena needs leaf tables for what it maps, and one table of each upper level to reach them.
  const held = config.profile.memory.tableFreeing.value === 'never' ? 0 : config.cpuCount * HELD_TABLES
  const kernelArea = config.hasVmalloc ? config.cpuCount * 3 : 0
  const extra = kernelArea + windowTables(config)
  return directMap + SPARE_TABLES + held + config.cpuCount * 4 + config.spaceCount * 2 + extra
}

/** A leaf table for each window, in each space, and the directories above. */
function windowTables({ cpuCount, spaceCount, windowPages = 0 }: MachineConfig): number {
  if (windowPages === 0) return 0
  return spaceCount * (cpuCount + Math.ceil(cpuCount / ENTRIES_PER_TABLE) + 1)
}

/** The first page of a CPU's window. */
export function windowBase(cpu: number): number {
  return WINDOWS_BASE + cpu * MOST_WINDOW_PAGES
}

/** The words of a CPU's window in a space. */
export function windowAt({ windows, spaceCount }: MachineWords, cpu: number, space: number): number {
  return windows.base + (cpu * spaceCount + space) * windows.stride
}

export function placeMachine(layout: Layout, config: MachineConfig): MachineWords {
  const { cpuCount } = config
  const arenaKinds = config.hasVmalloc ? 2 : 1
  const tableCount = tablePagesFor(config)
  const frameCount = config.profile.memory.frames.value
  if (tableCount + frameCount > MOST_FRAMES) {
    throw new UsageError(
      `memory.frames=${frameCount} is more than the machine can address`,
      `with ${tableCount} page-table pages it may have ${MOST_FRAMES - tableCount}`,
      [],
      'use --profile-set memory.frames=N with a smaller N',
    )
  }
  const windowCount = (config.windowPages ?? 0) === 0 ? 0 : cpuCount * config.spaceCount
  return {
    issued: layout.lines('issued', cpuCount * config.partCount),
    watermark: layout.lines('watermark', cpuCount * config.partCount),
    spaces: layout.lines('space', config.spaceCount, 3),
    handles: layout.lines('handle', Math.max(1, config.handleCount), 6),
    pool: layout.run('pool', WORDS_PER_LINE),
    freeLists: layout.lines('freeList', cpuCount, LIST_WORDS),
    heldLists: layout.lines('heldList', cpuCount, LIST_WORDS),
    claimLists: layout.lines('claimList', cpuCount, LIST_WORDS + 1),
    heldTables: layout.lines('heldTables', cpuCount, LIST_WORDS),
    spareTables: layout.run('spareTables', WORDS_PER_LINE),
    arenas: layout.lines('arena', cpuCount * arenaKinds, ARENA_WORDS),
    arenaKinds,
    windows: layout.lines('window', windowCount, WINDOW_WORDS),
    spaceCount: config.spaceCount,
    nextTable: layout.run('nextTable', 1),
    frames: layout.run('frames', (tableCount + frameCount) * FRAME_WORDS),
    tables: layout.run('tables', tableCount * TABLE_WORDS),
    tableCount,
    // Odd, so that the arenas' first pages fall into different sets of every TLB.
    userPagesPerCpu: (Math.floor((USER_PAGES - 1) / cpuCount) - 1) | 1,
    kernelPagesPerCpu: (Math.floor(VMALLOC_PAGES / cpuCount) - 1) | 1,
  }
}

/** The frame number of the first frame that is not a table page. */
export function firstPoolFrame(words: MachineWords): number {
  return words.tableCount
}
