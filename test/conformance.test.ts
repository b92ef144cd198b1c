import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundariesOf, isTooLarge } from '../dist/src/testing/boundaries.js'
import { CHECKS } from '../dist/src/testing/checks.js'
import { countedTicks } from '../dist/src/testing/countedTicks.js'
import { checkCommand } from '../dist/src/testing/report.js'
import { loadSubjects } from '../dist/src/testing/subject.js'
import { scripts } from './support/scriptArbitrary.js'

/** So many that all strategies together take two minutes. More of them: `npm run conform -- --tapes 1000`. */
const TAPES = 8
/** The same tapes each time, so that what is red is red for a reason; `npm run conform -- --seed` draws others. */
const SEED = 1
const LIMIT_MS = 60_000

/** Strategies that are not in src/strategies/, as `--strategy` takes them. */
const subjects = await loadSubjects(process.env['CONFORMANCE_STRATEGIES'] ?? 'all')

describe.each(subjects)('$spec', (subject) => {
  test.each(CHECKS)(
    '$name: $summary',
    async (check) => {
      const property = fc.asyncProperty(scripts, async (script) => {
        const { faults, command: own } = await check.run(subject, script)
        const command = own ?? checkCommand(subject.spec, check.name, script)
        expect(faults, `${faults.join('\n')}\nreproduce: ${command}`).toEqual([])
      })
      const numRuns = check.every === 'once' ? 1 : Math.max(2, Math.floor(TAPES / check.every))
      // Real threads may pass by luck, and take a second each: nothing to be learnt by shrinking.
      await fc.assert(property, {
        numRuns,
        seed: SEED,
        endOnFailure: check.usesThreads || check.every === 'once',
        // A tape that hangs takes seconds, at every step of shrinking.
        interruptAfterTimeLimit: LIMIT_MS / 2,
        markInterruptAsFailure: true,
      })
    },
    LIMIT_MS,
  )

  test('its parameters can be put to their bounds, and its ticks be counted', () => {
    const tooLarge = boundariesOf(subject).filter((boundary) => isTooLarge(subject, boundary, 8))
    expect(tooLarge.map(({ name }) => name)).toEqual([])
    // Without ticks there is nothing to keep away, and what depends on time cannot be compared.
    const { tickNs } = subject.module.assumes(subject.parameters)
    if (tickNs !== undefined) expect(countedTicks(subject)).not.toBeNull()
  })
})
