import type { Bells } from '../../dist/src/engines/threads/doorbell.js'

/** Thrown to stop a body behind the operation that it has just done. */
const STOP = new Error('stopped')

interface Thread {
  /** Results of its operations so far; null: it sleeps in its last one. */
  readonly results: readonly (number | null)[]
  readonly sleepsOn: number
  readonly hasEnded: boolean
}

interface State {
  readonly words: readonly number[]
  readonly threads: readonly Thread[]
}

/** One atomic operation of a body, done for real once its earlier ones are replayed. */
class Stepper implements Bells {
  readonly #words: number[]
  readonly #results: (number | null)[]
  #cursor = 0
  #hasActed = false
  sleepsOn = -1
  woken: number[] = []

  constructor(words: number[], results: (number | null)[]) {
    this.#words = words
    this.#results = results
  }

  #do(act: () => number | null): number {
    if (this.#cursor < this.#results.length) return this.#results[this.#cursor++] ?? 0
    if (this.#hasActed) throw STOP
    this.#hasActed = true
    this.#results.push(act())
    this.#cursor++
    if (this.sleepsOn >= 0) throw STOP
    return this.#results[this.#cursor - 1] ?? 0
  }

  load(word: number): number {
    return this.#do(() => this.#words[word])
  }

  store(word: number, value: number): void {
    this.#do(() => {
      this.#words[word] = value
      return 0
    })
  }

  add(word: number, delta: number): number {
    return this.#do(() => {
      const before = this.#words[word]
      this.#words[word] += delta
      return before
    })
  }

  exchange(word: number, value: number): number {
    return this.#do(() => {
      const before = this.#words[word]
      this.#words[word] = value
      return before
    })
  }

  /** The comparison and the falling asleep are one operation, as a futex guarantees; no time limit ends it. */
  wait(word: number, value: number): void {
    this.#do(() => {
      if (this.#words[word] !== value) return 0
      this.sleepsOn = word
      return null
    })
  }

  notify(word: number): void {
    this.#do(() => {
      this.woken.push(word)
      return 0
    })
  }
}

/**
 * Runs the bodies in every interleaving of their atomic operations, state by state.
 * @returns how many states there are, and those in which somebody sleeps and nobody can go on
 */
export function interleave(
  wordCount: number,
  bodies: readonly ((bells: Bells) => void)[],
): { stateCount: number; stuck: State[]; ends: State[] } {
  const first: State = {
    words: Array.from({ length: wordCount }, () => 0),
    threads: bodies.map(() => ({ results: [], sleepsOn: -1, hasEnded: false })),
  }
  const seen = new Set([JSON.stringify(first)])
  const open = [first]
  const stuck: State[] = []
  const ends: State[] = []
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const able = bodies.map((_, index) => index).filter((index) => canStep(state.threads[index]))
    if (able.length === 0) (state.threads.every(({ hasEnded }) => hasEnded) ? ends : stuck).push(state)
    for (const index of able) {
      const next = step(state, index, bodies[index])
      const key = JSON.stringify(next)
      if (seen.has(key)) continue
      seen.add(key)
      open.push(next)
    }
  }
  return { stateCount: seen.size, stuck, ends }
}

function canStep({ sleepsOn, hasEnded }: Thread): boolean {
  return sleepsOn < 0 && !hasEnded
}

function step(state: State, index: number, body: (bells: Bells) => void): State {
  const words = [...state.words]
  const results = [...state.threads[index].results]
  const stepper = new Stepper(words, results)
  let hasEnded = false
  try {
    body(stepper)
    hasEnded = true
  } catch (error) {
    if (error !== STOP) throw error
  }
  const threads = state.threads.map((thread, at): Thread => {
    if (at === index) return { results, sleepsOn: stepper.sleepsOn, hasEnded }
    return stepper.woken.includes(thread.sleepsOn) ? { ...thread, sleepsOn: -1 } : thread
  })
  return { words, threads }
}
