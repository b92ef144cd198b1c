/** What the user typed, inside an error message: one line, bounded, no control characters that move the terminal. */
export function asTyped(text: string, length = 80): string {
  const shown = text.length > length ? `${text.slice(0, length - 3)}...` : text
  // oxlint-disable-next-line no-control-regex -- control characters are what must not reach the terminal
  return `'${shown.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`
}

/** One word of a POSIX shell command line that can be pasted back. */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** The first line of whatever was thrown. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0].slice(0, 300)
}
