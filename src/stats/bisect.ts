/**
 * The point between `low` and `high` where `isBelow` turns from true to false, to the last bit of a double:
 * halves until no double lies between. `isBelow` is asked for points strictly inside only.
 */
export function bisect(low: number, high: number, isBelow: (point: number) => boolean): number {
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (isBelow(middle)) low = middle
    else high = middle
  }
}
