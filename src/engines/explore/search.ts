import { aheadOf } from './aheadOf.js'
import { Choices } from './choices.js'
import type { ExploreMachine } from './exploreMachine.js'
import type { IsInCircle, SearchLimits, SearchResult, Untried } from './searchResult.js'
import type { Settle } from './settle.js'
import { reportStuck } from './stuckState.js'
import type { Transitions } from './transitions.js'
import { Undecided } from './undecided.js'
import { Visited } from './visited.js'

/** Transitions between two looks at the clock. */
const CLOCK_EVERY = 4096
const FRAME_WORDS = 9
/** Words of a frame of the depth-first search. */
const TRAIL = 0
const LOW = 1
const HIGH = 2
const FIRST = 3
const NEXT = 4
const END = 5
/** The state's number among the undecided ones, and the lowest number that it can reach as far as is known. */
const NUMBER = 6
const LOWEST = 7
const DIGIT_COUNT = 8
/** A step as it was taken: the action, how many choices, the choices. */
const TAKEN_WORDS = 2 + Choices.most

/** Depth-first search over all states of a case, each expanded once (or again when reached by a shorter schedule, if asked). */
export class Search {
  readonly #machine: ExploreMachine
  readonly #transitions: Transitions
  readonly #settle: Settle
  readonly #limits: SearchLimits
  readonly #seeksShortest: boolean
  readonly #visited = new Visited()
  readonly #undecided = new Undecided()
  readonly #isInCircle: IsInCircle | null
  #frames = new Int32Array(FRAME_WORDS * 256)
  #digits = new Int32Array(Choices.most * 256)
  /** Actions that one state can have. */
  readonly #actionCount: number
  #actions: Int32Array<ArrayBuffer>
  /** The step that was taken last at each depth. */
  #taken = new Int32Array(TAKEN_WORDS * 256)
  /** Depth that schedules may have; falls when a shorter one is sought. */
  #cap: number
  #result: SearchResult = {
    states: 0,
    transitions: 0,
    depth: 0,
    elapsedMs: 0,
    end: 'complete',
    finding: null,
    schedule: [],
    isCut: false,
    givenUp: 0,
    untried: null,
    isInCircle: null,
  }

  /** @param isInCircle a circle that is known to have no way out: coming into it is a finding */
  constructor(
    machine: ExploreMachine,
    transitions: Transitions,
    settle: Settle,
    limits: SearchLimits,
    seeksShortest: boolean,
    isInCircle: IsInCircle | null = null,
  ) {
    this.#machine = machine
    this.#transitions = transitions
    this.#settle = settle
    this.#limits = limits
    this.#seeksShortest = seeksShortest
    this.#isInCircle = isInCircle
    this.#cap = limits.depth
    this.#actionCount = transitions.mostActions
    this.#actions = new Int32Array(this.#actionCount * 256)
  }

  run(): SearchResult {
    const { nowMs } = this.#limits
    const startMs = nowMs()
    const result = this.#result
    const { arena, choices, oracle } = this.#machine
    const origin = arena.trailLength
    this.#visited.add(arena.hashLow, arena.hashHigh, 0)
    let depth = this.#open(0, this.#transitions.isFinal)
    while (depth > 0) {
      const frame = (depth - 1) * FRAME_WORDS
      const frames = this.#frames
      if (frames[frame + NEXT] === frames[frame + END]) {
        if (this.#undecided.has(frames[frame + NUMBER]) && this.#isLeft(depth, frame)) break
        depth--
        continue
      }
      arena.undoTo(frames[frame + TRAIL], frames[frame + LOW], frames[frame + HIGH])
      const isPossible = this.#take(depth, frame)
      result.transitions++
      if (!isPossible) result.givenUp++
      if (result.transitions % CLOCK_EVERY === 0 && this.#isOver(nowMs() - startMs)) break
      if (depth > this.#cap) {
        this.#probe(frame, isPossible)
        continue
      }
      if (oracle.finding !== null) {
        if (this.#found(depth)) break
        this.#undecided.release()
        this.#advance(frame)
        continue
      }
      const hasMoved = arena.hashLow !== frames[frame + LOW] || arena.hashHigh !== frames[frame + HIGH]
      const isNew =
        isPossible &&
        hasMoved &&
        depth <= this.#cap &&
        this.#visited.add(arena.hashLow, arena.hashHigh, this.#seeksShortest ? depth : 0)
      if (!isPossible || (hasMoved && (!isNew || this.#seeksShortest))) this.#meet(frame, isPossible)
      this.#advance(frame)
      if (!isNew) continue
      const { isFinal } = this.#transitions
      if (isFinal) {
        this.#settle.judgeEnd()
        if (oracle.finding !== null && this.#found(depth)) break
        oracle.finding = null
      }
      if (this.#isInCircle?.(arena.hashLow, arena.hashHigh) === true) {
        reportStuck(this.#machine, aheadOf(this.#machine, this.#transitions))
        if (this.#found(depth)) break
      }
      // At the cap a state is still opened, to see whether it is stuck; what its steps lead to is not followed.
      if (depth > this.#cap) continue
      depth = this.#open(depth, isFinal)
      if (depth > result.depth) result.depth = depth
    }
    if (result.isCut) result.untried = this.#untried(depth)
    arena.undoTo(origin, 0, 0)
    choices.reset()
    result.states = this.#visited.count
    result.elapsedMs = nowMs() - startMs
    return result
  }

  /** A schedule that is as long as schedules may be: whether anybody can get on, and no further. */
  #probe(frame: number, isPossible: boolean): void {
    const { arena, oracle } = this.#machine
    const frames = this.#frames
    const hasMoved = arena.hashLow !== frames[frame + LOW] || arena.hashHigh !== frames[frame + HIGH]
    const isLonger = oracle.finding !== null
    oracle.finding = null
    this.#advance(frame)
    if (isPossible && !hasMoved && !isLonger) return
    this.#undecided.release()
    frames[frame + NEXT] = frames[frame + END]
    if (this.#result.end === 'complete') this.#result.end = 'depth'
  }

  /**
   * A step has led to a state that is not opened, or that nobody knows: where it was not possible, no
   * claim is made, as if an end lay there. A search for a shortest schedule does not follow all steps
   * of all states, so it knows of no way that there is none; it finds only the states without any step.
   */
  #meet(frame: number, isPossible: boolean): void {
    const { arena } = this.#machine
    const undecided = this.#undecided
    if (undecided.isEmpty) return
    const isFollowed = isPossible && !this.#seeksShortest
    const number = isFollowed ? undecided.numberOf(arena.hashLow, arena.hashHigh) : 0
    if (number === 0) undecided.release()
    else if (number < this.#frames[frame + LOWEST]) this.#frames[frame + LOWEST] = number
  }

  /** A frame for the present state. */
  #open(depth: number, isFinal: boolean): number {
    const { arena } = this.#machine
    this.#reserve(depth + 1)
    const frames = this.#frames
    const frame = depth * FRAME_WORDS
    const first = depth * this.#actionCount
    frames[frame + TRAIL] = arena.trailLength
    frames[frame + LOW] = arena.hashLow
    frames[frame + HIGH] = arena.hashHigh
    frames[frame + FIRST] = first
    frames[frame + NEXT] = first
    frames[frame + END] = first + this.#transitions.enabled(this.#actions, first)
    frames[frame + NUMBER] = this.#undecided.add(arena.hashLow, arena.hashHigh)
    frames[frame + LOWEST] = frames[frame + NUMBER]
    if (isFinal || this.#transitions.holdsBack) this.#undecided.release()
    frames[frame + DIGIT_COUNT] = 0
    return depth + 1
  }

  #reserve(depth: number): void {
    if (depth * FRAME_WORDS < this.#frames.length) return
    this.#frames = doubled(this.#frames)
    this.#digits = doubled(this.#digits)
    this.#actions = doubled(this.#actions)
    this.#taken = doubled(this.#taken)
  }

  /** Runs the frame's next action with its next combination of choices. */
  #take(depth: number, frame: number): boolean {
    const { choices } = this.#machine
    choices.reset()
    const digitsAt = (depth - 1) * Choices.most
    choices.plan(this.#digits, digitsAt, this.#frames[frame + DIGIT_COUNT])
    const action = this.#actions[this.#frames[frame + NEXT]]
    const isPossible = this.#transitions.apply(action)
    const taken = (depth - 1) * TAKEN_WORDS
    this.#taken[taken] = action
    this.#taken[taken + 1] = choices.count
    for (let i = 0; i < choices.count; i++) this.#taken[taken + 2 + i] = choices.digits[i]
    return isPossible
  }

  /** To the next combination, or the next action. */
  #advance(frame: number): void {
    const { choices } = this.#machine
    if (choices.next()) {
      const digitsAt = (frame / FRAME_WORDS) * Choices.most
      for (let i = 0; i < choices.planned; i++) this.#digits[digitsAt + i] = choices.digits[i]
      this.#frames[frame + DIGIT_COUNT] = choices.planned
      return
    }
    this.#frames[frame + DIGIT_COUNT] = 0
    this.#frames[frame + NEXT]++
  }

  /** True: the search ends here. */
  #found(length: number): boolean {
    const { oracle } = this.#machine
    const result = this.#result
    result.finding = oracle.finding
    oracle.finding = null
    result.end = 'finding'
    result.schedule = Array.from({ length }, (_, depth) => {
      const taken = depth * TAKEN_WORDS
      const digits = this.#taken.subarray(taken + 2, taken + 2 + this.#taken[taken + 1])
      return { action: this.#taken[taken], digits: Array.from(digits) }
    })
    // From here on only shorter ones are of interest.
    this.#cap = length - 1
    return !this.#seeksShortest || this.#cap <= 0
  }

  /**
   * All steps of a state were followed and no end was met. Where it leads back to one below it on the
   * path, that one decides; else none of the states from it on has a way out. True: the search ends here.
   */
  #isLeft(depth: number, frame: number): boolean {
    const { arena } = this.#machine
    const frames = this.#frames
    const number = frames[frame + NUMBER]
    const lowest = frames[frame + LOWEST]
    if (lowest < number) {
      const below = frame - FRAME_WORDS
      if (lowest < frames[below + LOWEST]) frames[below + LOWEST] = lowest
      return false
    }
    if (depth > this.#cap + 1) return false
    arena.undoTo(frames[frame + TRAIL], frames[frame + LOW], frames[frame + HIGH])
    reportStuck(this.#machine, aheadOf(this.#machine, this.#transitions))
    const undecided = this.#undecided
    if (undecided.last > number)
      this.#result.isInCircle = (low, high) => undecided.numberOf(low, high) >= number
    return this.#found(depth - 1)
  }

  /** What the search would have gone on with. */
  #untried(depth: number): Untried {
    let steps = 0
    let fromDepth = depth
    for (let level = depth - 1; level >= 0; level--) {
      const frame = level * FRAME_WORDS
      const left = this.#frames[frame + END] - this.#frames[frame + NEXT]
      if (left > 0) fromDepth = level + 1
      steps += left
    }
    return { steps, fromDepth }
  }

  #isOver(elapsedMs: number): boolean {
    const result = this.#result
    const isFull = this.#visited.count >= this.#limits.stateCount || this.#visited.isFull
    if (!isFull && elapsedMs < this.#limits.milliseconds) return false
    result.isCut = true
    if (result.finding === null) result.end = isFull ? 'states' : 'time'
    return true
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(array.length * 2)
  longer.set(array)
  return longer
}
