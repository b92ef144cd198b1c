/** Uniform between 0 and 1, neither of which it reaches. @param random an integer from 0 to below `bound` */
export function uniformOf(random: (bound: number) => number): () => number {
  return () => (random(2 ** 30) + 0.5) / 2 ** 30
}
