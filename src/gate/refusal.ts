/**
 * The gate cannot judge: nothing to compare, or nothing that may be compared. Exit code 3, because a gate that passes
 * where it has compared nothing is worse than none. Mistakes on the command line are UsageErrors.
 */
export class GateRefusal extends Error {
  /** Ready to print: what, why, remedy, a line each. */
  constructor(what: string, why: string, remedy: string) {
    super([what, why, remedy].filter((line) => line !== '').join('\n'))
    this.name = 'GateRefusal'
  }
}
