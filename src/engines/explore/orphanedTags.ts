import type { Arena } from './arena.js'
import { ORPHANED_TAGS } from './exploreWords.js'

/**
 * Tags under which a CPU holds translations of a space that it runs under another one since. Nobody finds
 * them there until the tag is loaded again and kept. The search keeps entries by space and not by tag, so it
 * takes them away, and remembers the tag. As bits: tags of small cases are small, and two that share a bit
 * could only be reported too often.
 *
 * @param cpu first of the CPU's words
 */
export function orphan(arena: Arena, cpu: number, tag: number): void {
  arena.set(cpu + ORPHANED_TAGS, arena.words[cpu + ORPHANED_TAGS] | (1 << (tag & 31)))
}

export function isOrphaned(arena: Arena, cpu: number, tag: number): boolean {
  return (arena.words[cpu + ORPHANED_TAGS] & (1 << (tag & 31))) !== 0
}

/** The tag was flushed. */
export function forgetOrphans(arena: Arena, cpu: number, tag: number): void {
  arena.set(cpu + ORPHANED_TAGS, arena.words[cpu + ORPHANED_TAGS] & ~(1 << (tag & 31)))
}

/** Everything was. */
export function forgetAllOrphans(arena: Arena, cpu: number): void {
  arena.set(cpu + ORPHANED_TAGS, 0)
}
