/** Breaks a text into lines of at most `width` characters: nothing is cut off, because parameters tell rows apart. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text.replaceAll(/\s+/g, ' ').trim()
  while (rest.length > width) {
    const at = breakAt(rest, width)
    lines.push(rest.slice(0, at).trimEnd())
    rest = rest.slice(at).trimStart()
  }
  return [...lines, rest]
}

/** After the last space or separator of parameters that fits; inside a word where there is none. */
function breakAt(text: string, width: number): number {
  // A space at `width` itself is not printed, so the word before it still fits.
  const space = text.lastIndexOf(' ', width)
  const separator = text.lastIndexOf(';', width - 1) + 1
  return Math.max(space, separator) > 0 ? Math.max(space, separator) : width
}
