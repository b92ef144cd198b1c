import { join } from 'node:path'
import type { Incomparable, WallCell } from '../../dist/src/gate/duel.js'
import { ROOT } from './steeredBench.js'

/** What a process of the stub says: log-ratios, why there are none, `crash`, or the message with which it fails. */
export type Answer =
  | { slower?: number; control?: number; incomparable?: Incomparable; perIteration?: number }
  | string

export const STUB_ENTRY = join(ROOT, 'test', 'fixtures', 'gate', 'duel.mjs')

/** @param folder where the stub counts its processes */
export function stubCell(folder: string, name: string, answers: readonly Answer[]): WallCell {
  const log = join(folder, `${name.replaceAll('/', '-')}.count`)
  return { name, request: { log, answers }, isDefault: true, cores: 1 }
}
