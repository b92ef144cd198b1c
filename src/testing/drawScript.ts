import {
  VERBS,
  type Region,
  type RegionKind,
  type Script,
  type Sharing,
  type Step,
  type Verb,
} from './script.js'

/** How often each is drawn, in parts of the sum; also what the property tests draw by. */
export const VERB_WEIGHTS: readonly (readonly [Verb, number])[] = [
  ['w', 8],
  ['r', 6],
  ['u', 4],
  ['m', 4],
  ['a', 5],
  ['t', 4],
  ['g', 3],
  ['o', 2],
  ['n', 1],
  ['b', 3],
  ['s', 1],
  ['p', 1],
  ['c', 1],
  ['i', 1],
  ['v', 1],
  ['k', 1],
  ['y', 1],
  ['j', 1],
  ['d', 1],
  ['e', 1],
]
/**
 * 34 lies just above the usual ceiling of page-by-page flushes, 48 also where a range begins in its
 * midst, and 520 crosses a page-table page.
 */
export const PAGES_WEIGHTS: readonly (readonly [number, number])[] = [
  [1, 6],
  [2, 4],
  [3, 4],
  [4, 4],
  [8, 3],
  [34, 1],
  [48, 3],
  [520, 0.3],
]
export const SHARING_WEIGHTS: readonly (readonly [Sharing, number])[] = [
  ['s', 3],
  ['c', 3],
  ['o', 1],
]
export const KIND_WEIGHTS: readonly (readonly [RegionKind, number])[] = [
  ['w', 5],
  ['r', 1],
  ['g', 2],
]
/** Few numbers, so that steps of different CPUs meet at the same pages. */
const FIRST_PAGES = 8
const MAX_DRAWN_FRAME = 1200

export interface DrawSize {
  readonly cpus: number
  /** Steps of a CPU at most. */
  readonly length: number
}

type Random = (bound: number) => number

/** @param random uniform integer below its argument */
export function drawScript(random: Random, { cpus, length }: DrawSize): Script {
  const initiators = 1 + random(Math.min(cpus, 4))
  const bystanders = cpus - initiators > 0 && random(6) === 0 ? 1 : 0
  const readers = cpus - initiators - bystanders
  const isShort = random(3) === 0
  const steps = () => Array.from({ length: 1 + random(length) }, () => drawStep(random))
  const script: Script = {
    spaces: random(5) < 3 ? 1 : 2 + random(2),
    bystanders,
    isShort,
    delayUs: random(4) === 0 ? 20 : 0,
    regions: Array.from({ length: (isShort ? 3 : 1) + random(4) }, () => drawRegion(random, isShort)),
    initiators: Array.from({ length: initiators }, steps),
    // Readers run theirs again and again, so a short one meets more.
    readers: Array.from({ length: readers }, () => steps().slice(0, 8)),
  }
  // Drawn last: the other scripts stay as they were.
  return script.spaces > 1 && random(2) === 0 ? withTeardowns(random, script) : script
}

/** A process exits here and there on the tape of one initiator, and at its end. */
function withTeardowns(random: Random, script: Script): Script {
  const tearer = random(script.initiators.length)
  const tearDown: Step = { verb: 'x', numbers: [] }
  const initiators = script.initiators.map((steps, cpu) =>
    cpu === tearer
      ? [...steps.flatMap((step) => (random(4) === 0 ? [tearDown, step] : [step])), tearDown]
      : steps,
  )
  return { ...script, initiators }
}

/** The least machine has 64 frames: where they are to run short, mappings must not be too small. */
function drawRegion(random: Random, isShort: boolean): Region {
  return {
    pages: weighted(
      random,
      PAGES_WEIGHTS.filter(([pages]) => !isShort || (pages >= 3 && pages <= 8)),
    ),
    sharing: weighted(random, SHARING_WEIGHTS),
    kind: weighted(random, KIND_WEIGHTS),
    space: random(4),
    owner: random(8),
  }
}

function drawStep(random: Random): Step {
  const verb = weighted(random, VERB_WEIGHTS)
  return {
    verb,
    numbers: VERBS[verb].bounds.map((bound, index) => random(drawnBound(verb, bound, index) + 1)),
  }
}

export function drawnBound(verb: Verb, bound: number, index: number): number {
  if (verb === 'd' && index === 0) return MAX_DRAWN_FRAME
  // Whole ranges and single pages, near the beginning: a count above what is there is cut.
  return 'tgaonrw'.includes(verb) && index > 0 ? FIRST_PAGES : bound
}

function weighted<T>(random: Random, choices: readonly (readonly [T, number])[]): T {
  // In tenths, because draws are integers.
  const parts = choices.map(([, weight]) => Math.round(weight * 10))
  let left = random(parts.reduce((sum, part) => sum + part, 0))
  for (const [index, part] of parts.entries()) {
    if (left < part) return choices[index][0]
    left -= part
  }
  return choices[0][0]
}
