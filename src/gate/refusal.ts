import { Incomparable } from '../report/incomparable.js'

/**
 * The gate cannot judge: nothing to compare, or nothing that may be compared. Exit code 3, because a gate that passes
 * where it has compared nothing is worse than none. Mistakes on the command line are UsageErrors.
 */
export class GateRefusal extends Incomparable {
  /** One line each; the last two may be empty. */
  constructor(what: string, why: string, remedy: string) {
    super(what, why, remedy)
    this.name = 'GateRefusal'
  }
}
