import type { FaultPlan } from '../../src/engines/faultPlan.js'
import { withoutInbox } from './hookRules.js'
import { LiveCells } from './liveCells.js'
import { SimIsolate } from './simIsolate.js'
import type { Side, Suite, Target } from './suite.js'
import { sidesOf, type Variant } from './variants.js'

/** Asked for, so that all parts of an engine are those with faults, and no interrupt is ever struck. */
const HARMLESS: FaultPlan = {
  seed: 1,
  faults: { 'delay-interrupt': { minNs: 0, maxNs: 0, percent: 0 } },
}
const SAME: Target = { kind: 'same' }

const VARIANTS: readonly Variant[] = [
  { name: 'no inbox', options: {}, without: withoutInbox },
  { name: 'no faults', options: {}, against: 'no inbox', target: SAME },
  // The same again: what the method itself makes of two equal sides.
  { name: 'no faults again', options: {}, against: 'no faults', target: SAME },
  { name: 'none strikes', options: { faults: HARMLESS }, against: 'no faults' },
]

const suite: Suite = async (use) => {
  const cells = new LiveCells()
  const isolates = [new SimIsolate(), new SimIsolate(), new SimIsolate(HARMLESS)]
  try {
    const sides = [...(await sidesOf(cells, VARIANTS)), ...simSides(isolates)]
    return await use(sides)
  } finally {
    for (const isolate of isolates) await isolate.stop()
    await cells.stop()
  }
}

/** Without a plan the ports tell the machine itself, so there is nothing to take out: it is the same code twice. */
function simSides([plain, again, harmless]: readonly SimIsolate[]): Side[] {
  const common = { operation: 'interrupt, sent and handled', isAsync: true }
  const against = 'sim interrupt, no faults'
  return [
    { ...common, name: against, sample: () => plain.sample() },
    {
      ...common,
      name: 'sim interrupt, no faults again',
      against,
      target: SAME,
      sample: () => again.sample(),
    },
    { ...common, name: 'sim interrupt, none strikes', against, sample: () => harmless.sample() },
  ]
}

export default suite
