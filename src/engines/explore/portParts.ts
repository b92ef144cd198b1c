import type { CellWords } from '../cellWords.js'
import type { Arena } from './arena.js'
import type { Broadcasts } from './broadcasts.js'
import type { Clock } from './clock.js'
import type { ExploreDevice } from './exploreDevice.js'
import type { ExploreOracle } from './exploreOracle.js'
import type { ExploreWords } from './exploreWords.js'
import type { Expiring } from './expiring.js'
import type { HeldEntries } from './heldEntries.js'
import type { Speculation } from './speculation.js'
import type { StepLog } from './stepLog.js'
import type { TrackedPages } from './trackedPages.js'

/** What of the machine the ports of all CPUs work on. */
export interface PortParts {
  readonly arena: Arena
  readonly cell: CellWords
  readonly words: ExploreWords
  readonly log: StepLog
  readonly tracked: TrackedPages
  readonly held: HeldEntries
  readonly speculation: Speculation
  readonly oracle: ExploreOracle
  readonly broadcasts: Broadcasts
  readonly device: ExploreDevice
  readonly clock: Clock
  readonly expiring: Expiring | null
}
