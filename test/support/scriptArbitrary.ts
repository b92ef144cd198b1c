import fc from 'fast-check'
import {
  drawnBound,
  KIND_WEIGHTS,
  PAGES_WEIGHTS,
  SHARING_WEIGHTS,
  VERB_WEIGHTS,
} from '../../dist/src/testing/drawScript.js'
import { VERBS, type Region, type Script, type Step } from '../../dist/src/testing/script.js'

/** Every script is legal, so fast-check may shrink each part as it likes. */

function weighted<T>(choices: readonly (readonly [T, number])[]): fc.Arbitrary<T> {
  return fc.oneof(
    ...choices.map(([value, weight]) => ({ weight: Math.round(weight * 10), arbitrary: fc.constant(value) })),
  )
}

const step: fc.Arbitrary<Step> = fc.oneof(
  ...VERB_WEIGHTS.map(([verb, weight]) => ({
    weight,
    arbitrary: fc
      .tuple(...VERBS[verb].bounds.map((bound, index) => fc.nat(drawnBound(verb, bound, index))))
      .map((numbers) => ({ verb, numbers })),
  })),
)

const region: fc.Arbitrary<Region> = fc.record({
  pages: weighted(PAGES_WEIGHTS),
  sharing: weighted(SHARING_WEIGHTS),
  kind: weighted(KIND_WEIGHTS),
  space: fc.nat(3),
  owner: fc.nat(7),
})

export const scripts: fc.Arbitrary<Script> = fc.record({
  spaces: weighted([
    [1, 3],
    [2, 1],
    [3, 1],
  ]),
  bystanders: weighted([
    [0, 5],
    [1, 1],
  ]),
  isShort: fc.boolean(),
  delayUs: weighted([
    [0, 3],
    [20, 1],
  ]),
  regions: fc.array(region, { minLength: 1, maxLength: 4, size: 'max' }),
  initiators: fc.array(fc.array(step, { maxLength: 24, size: 'max' }), {
    minLength: 1,
    maxLength: 4,
    size: 'max',
  }),
  readers: fc.array(fc.array(step, { maxLength: 8, size: 'max' }), { maxLength: 3, size: 'max' }),
})
