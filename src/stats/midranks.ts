/**
 * Twice the midrank of each value, counted from 1 and in the order given: equal values share the mean of the
 * ranks that they occupy (Hollander and Wolfe, section 1.5), and twice that mean is an integer. Equal means
 * equal as doubles.
 */
export function doubledMidranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b])
  const ranks = Array.from<number>({ length: values.length })
  for (let first = 0, end = 0; first < order.length; first = end) {
    while (end < order.length && values[order[end]] === values[order[first]]) end++
    for (let position = first; position < end; position++) ranks[order[position]] = first + 1 + end
  }
  return ranks
}

export function areTied(ranks: readonly number[]): boolean {
  return new Set(ranks).size < ranks.length
}
