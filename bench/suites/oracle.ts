import { withoutOracle } from './hookRules.js'
import { LiveCells } from './liveCells.js'
import type { Suite } from './suite.js'
import { sidesOf, type Variant } from './variants.js'

const OFF = { isOracleOff: true }

const VARIANTS: readonly Variant[] = [
  { name: 'absent', options: OFF, without: withoutOracle },
  { name: 'off', options: OFF, against: 'absent', target: { kind: 'same' } },
  // The same again: what the method itself makes of two equal sides.
  { name: 'off again', options: OFF, against: 'off', target: { kind: 'same' } },
  { name: 'local', options: {}, against: 'off', target: { kind: 'ratio', most: 1.5 } },
  { name: 'full', options: { isOracleFull: true }, against: 'off' },
]

const suite: Suite = async (use) => {
  const cells = new LiveCells()
  try {
    return await use(await sidesOf(cells, VARIANTS))
  } finally {
    await cells.stop()
  }
}

export default suite
