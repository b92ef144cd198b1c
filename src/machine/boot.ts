import {
  DIRECT_MAP_BASE,
  ENTRIES_PER_TABLE,
  FRAME_SHIFT,
  GLOBAL,
  KERNEL_SPACE,
  LARGE,
  PAGES_PER_LARGE,
  PRESENT,
  VMALLOC_BASE,
  WRITABLE,
} from '../contract/page.js'
import { Frames, OWNER_FREE, OWNER_TABLE } from './frames.js'
import type { Memory } from './memory.js'
import { Tables } from './tables.js'
import {
  ARENA_END,
  ARENA_NEXT,
  firstPoolFrame,
  SPACE_ROOT,
  windowBase,
  type MachineConfig,
  type MachineWords,
} from './words.js'

/**
 * Brings the shared words into the state before the first instruction, by one CPU and before any
 * other runs: roots, the direct map, free frames, address arenas.
 *
 * The pool's frames are mapped by 4 KiB leaves, because single pages of them will be taken out (the
 * split has already happened, as with Linux' secretmem); the table pages by 2 MiB leaves where they
 * fill one.
 *
 * @param random uniform integer below its argument; frames leave the pool in shuffled order, so that
 *   neighbouring pages are not physically consecutive
 */
export function boot(
  memory: Memory,
  words: MachineWords,
  config: MachineConfig,
  random: (bound: number) => number,
): void {
  const tables = new Tables(memory, words.tables, words.tableCount, words.nextTable)
  const frames = new Frames(memory, words.frames)
  for (let space = 0; space < config.spaceCount; space++) {
    const at = words.spaces.base + space * words.spaces.stride
    memory.poke(at + SPACE_ROOT, tables.allocate())
  }
  mapDirect(memory, words, config, tables)
  shareKernelHalf(memory, words, config, tables)
  for (let owner = 0; owner < config.cpuCount * config.partCount; owner++) {
    memory.poke(words.issued.base + owner * words.issued.stride, config.serialStart)
    memory.poke(words.watermark.base + owner * words.watermark.stride, config.serialStart)
  }
  for (let cpu = 0; cpu < config.cpuCount; cpu++) {
    frames.emptyList(words.freeLists.base + cpu * words.freeLists.stride)
    frames.emptyList(words.heldLists.base + cpu * words.heldLists.stride)
    frames.emptyList(words.claimLists.base + cpu * words.claimLists.stride)
    frames.emptyList(words.heldTables.base + cpu * words.heldTables.stride)
    const arena = words.arenas.base + cpu * words.arenas.stride
    memory.poke(arena + ARENA_NEXT, 1 + cpu * words.userPagesPerCpu)
    memory.poke(arena + ARENA_END, 1 + (cpu + 1) * words.userPagesPerCpu)
    if (config.hasVmalloc) dealKernelArea(memory, words, config.cpuCount, cpu)
  }
  if ((config.windowPages ?? 0) > 0) growWindows(memory, words, config, tables)
  frames.emptyList(words.spareTables)
  for (let table = 0; table < words.tableCount; table++) frames.give(table, OWNER_TABLE)
  fillPool(words, config, frames, random)
}

function dealKernelArea(memory: Memory, words: MachineWords, cpuCount: number, cpu: number): void {
  const arena = words.arenas.base + (cpuCount + cpu) * words.arenas.stride
  memory.poke(arena + ARENA_NEXT, VMALLOC_BASE + cpu * words.kernelPagesPerCpu)
  memory.poke(arena + ARENA_END, VMALLOC_BASE + (cpu + 1) * words.kernelPagesPerCpu)
}

function mapDirect(memory: Memory, words: MachineWords, config: MachineConfig, tables: Tables): void {
  const root = memory.peek(words.spaces.base + KERNEL_SPACE * words.spaces.stride + SPACE_ROOT)
  const flags = PRESENT | WRITABLE | GLOBAL
  const end = firstPoolFrame(words) + config.profile.memory.frames.value
  const largeEnd = firstPoolFrame(words) - (firstPoolFrame(words) % PAGES_PER_LARGE)
  for (let frame = 0; frame < largeEnd; frame += PAGES_PER_LARGE) {
    memory.poke(tables.growTo(root, DIRECT_MAP_BASE + frame, 2), (frame << FRAME_SHIFT) | flags | LARGE)
  }
  let word = 0
  for (let frame = largeEnd; frame < end; frame++) {
    // Neighbouring entries are neighbouring words; the tree is climbed once per leaf table.
    const isFirst = frame === largeEnd || (DIRECT_MAP_BASE + frame) % ENTRIES_PER_TABLE === 0
    word = isFirst ? tables.growTo(root, DIRECT_MAP_BASE + frame, 1) : word + 1
    memory.poke(word, (frame << FRAME_SHIFT) | flags)
  }
}

/** Every space's root shares the kernel's half, so that a walk of a kernel address works under any root. */
function shareKernelHalf(memory: Memory, words: MachineWords, config: MachineConfig, tables: Tables): void {
  const rootOf = (space: number) => memory.peek(words.spaces.base + space * words.spaces.stride + SPACE_ROOT)
  const kernelEntry = tables.entryWord(rootOf(KERNEL_SPACE), 4, DIRECT_MAP_BASE)
  for (let space = 0; space < config.spaceCount; space++) {
    if (space === KERNEL_SPACE) continue
    memory.poke(tables.entryWord(rootOf(space), 4, DIRECT_MAP_BASE), memory.peek(kernelEntry))
  }
}

/** The tables of a window are there from the beginning, so that a get allocates nothing (mermap_mm_prepare). */
function growWindows(memory: Memory, words: MachineWords, config: MachineConfig, tables: Tables): void {
  for (let space = KERNEL_SPACE + 1; space < config.spaceCount; space++) {
    const root = memory.peek(words.spaces.base + space * words.spaces.stride + SPACE_ROOT)
    for (let cpu = 0; cpu < config.cpuCount; cpu++) tables.growTo(root, windowBase(cpu), 1)
  }
}

function fillPool(
  words: MachineWords,
  config: MachineConfig,
  frames: Frames,
  random: (bound: number) => number,
): void {
  const count = config.profile.memory.frames.value
  const order = Int32Array.from({ length: count }, (_, index) => firstPoolFrame(words) + index)
  for (let i = count - 1; i > 0; i--) {
    const j = random(i + 1)
    const swapped = order[i]
    order[i] = order[j]
    order[j] = swapped
  }
  frames.emptyList(words.pool)
  for (const frame of order) {
    frames.give(frame, OWNER_FREE)
    frames.append(words.pool, frame)
  }
}
