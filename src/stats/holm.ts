/**
 * Holm's adjustment of p-values of several tests (Holm 1979): whoever rejects where the adjusted value is at
 * most alpha makes any false rejection with probability alpha at most, whatever the dependence of the tests. The
 * smallest p-value is multiplied by the number of tests, the next by one less, and so on; none is adjusted to less
 * than a smaller one is, nor to more than 1.
 *
 * @returns in the order given
 */
export function holm(pValues: readonly number[]): number[] {
  if (pValues.some((p) => !(p >= 0 && p <= 1))) throw new RangeError('a p-value is not between 0 and 1')
  const ascending = pValues.map((_, index) => index).sort((a, b) => pValues[a] - pValues[b])
  const adjusted = Array.from<number>({ length: pValues.length })
  let largest = 0
  for (const [position, index] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - position) * pValues[index]))
    adjusted[index] = largest
  }
  return adjusted
}
