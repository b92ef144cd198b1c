import { FRAME_WORDS } from '../../dist/src/machine/frames.js'
import { ExploreMachine, type ExplorePlan } from '../../dist/src/engines/explore/exploreMachine.js'
import { Settle } from '../../dist/src/engines/explore/settle.js'
import { Transitions } from '../../dist/src/engines/explore/transitions.js'

/** The third of a frame's words (src/machine/frames.ts). */
const GENERATION = 2

/** What a breadth-first search has seen. */
export interface Reference {
  states: number
  /** Steps tried: actions, each with every combination of choices. */
  steps: number
  /** Steps of the shortest schedule to each invariant. */
  found: Map<string, number>
  /** States from which no state is reached in which all have ended. */
  withoutEnd: number
  firstWithoutEnd: number
  /** Some state can be reached from itself through another one. */
  hasCircle: boolean
}

/**
 * Breadth first over whole copies of all words: no hash, no trail, no odometer. It shares the single
 * steps and the oracle with the explorer, and nothing that the explorer does to be fast.
 */
export function referenceSearch(plan: ExplorePlan): Reference {
  const machine = new ExploreMachine(plan)
  const transitions = new Transitions(machine)
  const settle = new Settle(machine, transitions)
  settle.setUp()
  const { arena, oracle, choices } = machine
  const start = arena.words.slice()
  // A machine has a million words, of which a small case writes a hundred.
  const written = new Set<number>()
  const set = arena.set.bind(arena)
  arena.set = (word, value) => {
    written.add(word)
    set(word, value)
  }
  const load = (words: ReadonlyMap<number, number>) => {
    for (const word of written) {
      arena.words[word] = words.get(word) ?? start[word]
      arena.committed[word] = arena.words[word]
    }
    arena.begin()
  }
  // How often a frame changed hands is history: nothing reads it.
  const frames = machine.cell.machine.frames
  const frameEnd = frames + (machine.cell.machine.tableCount + plan.case.frameCount) * FRAME_WORDS
  const isHistory = (word: number) =>
    word >= frames && word < frameEnd && (word - frames) % FRAME_WORDS === GENERATION
  /** All words that differ from the start. */
  const copy = () => {
    const words = [...written].filter((word) => arena.words[word] !== start[word])
    return new Map(words.map((word): [number, number] => [word, arena.words[word]]))
  }
  const textOf = (words: ReadonlyMap<number, number>) =>
    [...words]
      .filter(([word]) => !isHistory(word))
      .toSorted(([a], [b]) => a - b)
      .join()

  const result: Reference = {
    states: 1,
    steps: 0,
    found: new Map(),
    withoutEnd: 0,
    firstWithoutEnd: -1,
    hasCircle: false,
  }
  const index = new Map([['', 0]])
  const states = [{ words: copy(), depth: 0 }]
  const backwards: number[][] = [[]]
  const ends: number[] = []
  const actions = new Int32Array(1024)
  const note = (depth: number) => {
    if (oracle.finding !== null && !result.found.has(oracle.finding.invariant))
      result.found.set(oracle.finding.invariant, depth)
    const isFound = oracle.finding !== null
    oracle.finding = null
    return isFound
  }
  for (let at = 0; at < states.length; at++) {
    const { words, depth } = states[at]
    load(words)
    if (transitions.isFinal) {
      ends.push(at)
      settle.judgeEnd()
      note(depth)
      load(words)
    }
    const count = transitions.enabled(actions, 0)
    for (const action of actions.slice(0, count)) {
      let next: number[] | null = []
      while (next !== null) {
        load(words)
        const digits: number[] = next
        const arities: number[] = []
        choices.choose = (arity) => {
          arities.push(arity)
          return digits[arities.length - 1] ?? 0
        }
        const isPossible = transitions.apply(action)
        result.steps++
        next = successor(digits, arities)
        // What needs memory that is not there ends somewhere: nobody knows where.
        if (!isPossible) {
          ends.push(at)
          continue
        }
        if (note(depth + 1)) {
          ends.push(at)
          continue
        }
        const reached = copy()
        const text = textOf(reached)
        let to = index.get(text)
        if (to === undefined) {
          to = states.length
          index.set(text, to)
          states.push({ words: reached, depth: depth + 1 })
          backwards.push([])
        }
        backwards[to].push(at)
      }
    }
  }
  result.states = states.length
  const canEnd = new Set(ends)
  const open = [...ends]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const from of backwards[at]) {
      if (canEnd.has(from)) continue
      canEnd.add(from)
      open.push(from)
    }
  }
  result.withoutEnd = states.length - canEnd.size
  result.firstWithoutEnd = states.findIndex((_, at) => !canEnd.has(at))
  if (result.firstWithoutEnd >= 0) result.firstWithoutEnd = states[result.firstWithoutEnd].depth
  result.hasCircle = hasCircle(backwards)
  return result
}

/** Takes away, again and again, what nothing leads to; a circle stays. */
function hasCircle(backwards: readonly (readonly number[])[]): boolean {
  const left = backwards.map(() => 0)
  for (const [at, froms] of backwards.entries()) for (const from of froms) if (from !== at) left[from]++
  const open = [...left.keys()].filter((at) => left[at] === 0)
  let count = 0
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    count++
    for (const from of backwards[at]) if (from !== at && --left[from] === 0) open.push(from)
  }
  return count < backwards.length
}

/** The next combination in the order of counting, the last digit first; null after the last one. */
function successor(digits: readonly number[], arities: readonly number[]): number[] | null {
  const next = arities.map((_, i) => digits[i] ?? 0)
  for (let i = next.length - 1; i >= 0; i--) {
    if (next[i] + 1 < arities[i]) return [...next.slice(0, i), next[i] + 1]
  }
  return null
}
