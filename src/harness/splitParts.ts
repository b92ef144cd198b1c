/**
 * `vmalloc-lazy:lazyMaxPages=64+linux:ceiling=9`: the entries of a combination. A path may contain a plus itself: it
 * goes on until its ending.
 */
export function splitParts(entry: string): string[] {
  const parts: string[] = []
  let isPathOpen = false
  for (const piece of entry.split('+')) {
    if (isPathOpen) parts.push(`${parts.pop()}+${piece}`)
    else parts.push(piece)
    const [name] = parts[parts.length - 1].split(':')
    isPathOpen = name.includes('/') && !/\.[cm]?[jt]s\s*(:|$)/.test(parts[parts.length - 1])
  }
  return parts
}
