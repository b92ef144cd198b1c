import type { Script, Step } from './script.js'

/** Barriers that a CPU's tape can have: those outside of batches. */
export function barrierCountOf(steps: readonly Step[]): number {
  let count = 0
  for (let index = 0; index < steps.length; index++) {
    const { verb, numbers } = steps[index]
    if (verb === 'b') index += numbers[0]
    else if (verb === 'j') count++
  }
  return count
}

/** The CPU whose steps tear a space down; -1: none, or there is only one space. */
export function tearerOf({ spaces, initiators }: Script): number {
  return spaces < 2 ? -1 : initiators.findIndex((steps) => steps.some(({ verb }) => verb === 'x'))
}

/** The first initiator, and nobody else. */
export function aloneOf(script: Script): Script {
  return { ...script, initiators: script.initiators.slice(0, 1), readers: [], bystanders: 0 }
}

/**
 * One initiator with memory that nobody else touches, and readers that only access: everything that is
 * counted follows from the order of its own steps, so two engines must count the same. There are frames
 * enough, because who demands what of another CPU's depends on timing.
 */
export function comparableOf(script: Script, readerCount: number): Script {
  const readers = Array.from({ length: readerCount }, (_, index): readonly Step[] => [
    { verb: 'w', numbers: [index, 0, 7] },
  ])
  return {
    ...script,
    isShort: false,
    delayUs: 0,
    bystanders: Math.min(1, script.bystanders),
    regions: [
      ...script.regions.map((region) => ({ ...region, sharing: 'o' as const, owner: 0 })),
      // In the space that its CPU runs anyway: a reader that switched would come and go as a holder.
      ...readers.map((_, index) => ({
        pages: 4,
        sharing: 'o' as const,
        kind: 'w' as const,
        space: (1 + index) % script.spaces,
        owner: 1 + index,
      })),
    ],
    // Without: readers are at home where their memory is.
    initiators: [script.initiators.flat().filter(({ verb }) => verb !== 'x')],
    readers,
  }
}
