import type { ExactDeclaration } from './exactGate.js'
import type { WallClockMatrix } from './wallClockGate.js'

/** What the gate runs; bench/gate.ts holds the values. */
export interface GateDeclarations {
  readonly exact: ExactDeclaration
  readonly wallClock: WallClockMatrix
}
