/**
 * Bad input: one clear error, exit code 2, before anything is measured. The only class in the
 * contract, because every floor that reads input throws it.
 */
export class UsageError extends Error {
  /**
   * @param thing what is wrong, with the offending text
   * @param reason the first problem (and how many more there are)
   * @param known the names that would have been accepted, nearest first; may be empty
   * @param remedy what to type instead
   */
  constructor(thing: string, reason: string, known: readonly string[], remedy: string) {
    const lines = [thing, reason]
    if (known.length > 0) lines.push(`known: ${known.join(', ')}`)
    lines.push(remedy)
    super(lines.filter((line) => line !== '').join('\n'))
    this.name = 'UsageError'
  }
}
