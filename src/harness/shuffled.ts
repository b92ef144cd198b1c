/** Fisher and Yates; the input stays as it is. */
export function shuffled<T>(items: readonly T[], random: (bound: number) => number): T[] {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last--) {
    const other = random(last + 1)
    ;[result[last], result[other]] = [result[other], result[last]]
  }
  return result
}
