/** Edits (insert, drop, replace, swap neighbours) that turn one word into the other: what a typing slip costs. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1
  const cost = new Uint16Array((a.length + 1) * width)
  for (let i = 0; i <= a.length; i++) cost[i * width] = i
  for (let j = 0; j <= b.length; j++) cost[j] = j
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(
        cost[(i - 1) * width + j] + 1,
        cost[i * width + j - 1] + 1,
        cost[(i - 1) * width + j - 1] + differs,
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, cost[(i - 2) * width + j - 2] + 1)
      }
      cost[i * width + j] = best
    }
  }
  return cost[a.length * width + b.length]
}

/** The known names, the likeliest meant first. Ties keep the given order, so that messages are stable. */
export function nearestFirst(typed: string, known: readonly string[]): string[] {
  const word = typed.slice(0, 60).toLowerCase()
  const rated = known.map((name, at) => ({ name, at, distance: editDistance(word, name.toLowerCase()) }))
  rated.sort((a, b) => a.distance - b.distance || a.at - b.at)
  return rated.map((entry) => entry.name)
}

/** The name that was likely meant, or undefined where none is near: a wild guess is worse than none. */
export function likelyMeant(typed: string, known: readonly string[]): string | undefined {
  const nearest = nearestFirst(typed, known)[0]
  if (nearest === undefined) return undefined
  const slips = Math.max(2, Math.floor(nearest.length / 3))
  return editDistance(typed.slice(0, 60).toLowerCase(), nearest.toLowerCase()) <= slips ? nearest : undefined
}

/** `did you mean batched?`, or what else to do where nothing is near. */
export function meant(typed: string, known: readonly string[], otherwise: string): string {
  const nearest = likelyMeant(typed, known)
  return nearest === undefined ? otherwise : `did you mean ${nearest}?`
}
