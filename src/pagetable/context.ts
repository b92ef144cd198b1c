import type { Change } from '../contract/change.js'
import type { Operation } from '../contract/operation.js'
import type { Port } from '../contract/port.js'
import type { Demand, Strategy } from '../contract/strategy.js'
import type { Meter } from '../machine/costs.js'
import type { Frames } from '../machine/frames.js'
import type { Memory } from '../machine/memory.js'
import type { Profile } from '../machine/profile.js'
import type { Tables } from '../machine/tables.js'
import type { MachineWords } from '../machine/words.js'
import type { Parts } from './parts.js'
import type { PassedEvent } from './passedEvent.js'
import type { Skips } from './skips.js'

/**
 * What the oracle and the engine want to know from the kernel side. `event` is called when an
 * obligation's event passes; everything is judged against the change's stamp.
 */
export interface Witness {
  /**
   * A new reading of the oracle's clock, taken after an entry is written. Readings of one entry only grow.
   * @param word the entry
   */
  stamp(word: number): number
  /**
   * As `stamp`, for a directory entry whose leaf table was taken out: also not below any reading of the
   * entries in that table, because those of its successor begin with it.
   */
  stampTable(word: number, firstLeaf: number): number
  /** The reading of a translation through this entry that is read now. */
  reading(word: number): number
  /** An obligation's event passes now. */
  event(event: PassedEvent): void
  /** A change was made: open until it is settled. */
  opened(serial: number, change: PassedEvent): void
  /** The strategy claims, by SETTLED, that the changes from one serial to the other are settled. */
  claimed(owner: number, fromSerial: number, toSerial: number): void
  /** The strategy's `covered` says that a change is settled for these obligations. */
  answered(owner: number, serial: number, obligations: number): void
  /** The outermost operation has ended, all its changes settled or the last of the owner's unsettled ones being `serial`. */
  exposed(owner: number, serial: number, isSettled: boolean): void
  /** The first change of an operation was made now. */
  changing(): void
  count(counter: number, by: number): void
}

/** Everything that the kernel routines of one CPU work with. One class of each per isolate. */
export interface Context {
  readonly cpu: number
  readonly cpuCount: number
  readonly memory: Memory
  readonly words: MachineWords
  readonly profile: Profile
  readonly tables: Tables
  readonly frames: Frames
  readonly meter: Meter
  readonly strategy: Strategy
  readonly port: Port
  readonly witness: Witness
  readonly parts: Parts
  readonly skips: Skips
  /** Position words (position.ts) and the change log behind them, private to this CPU. */
  readonly p: Int32Array
  readonly log: Int32Array
  /** Reused objects that hooks are called with. */
  readonly change: Change
  readonly operation: Operation
  readonly demand: Demand
  readonly passed: PassedEvent
}
