/**
 * How one worker wakes another. Each CPU has one doorbell word and sleeps on nothing else. The sleeper
 * announces that it sleeps, looks again and sleeps; whoever satisfies it writes first and looks for
 * sleepers afterwards. Whichever of the two comes second in the total order of atomics sees the other.
 * A test runs these two functions in every interleaving, with sleeps that only a bell ends.
 */
export interface Bells {
  load(word: number): number
  store(word: number, value: number): void
  add(word: number, delta: number): number
  exchange(word: number, value: number): number
  /** Sleeps if the word still has the value, until notified or for `ms` at most. */
  wait(word: number, value: number, ms: number): void
  notify(word: number): void
}

const INTERRUPT = 1
/** An interrupt that comes after it takes this bit away: whoever takes an interrupt looks for broadcasts, too. */
export const BROADCAST = 2

/** Words of one CPU. */
export interface Doorbell {
  /** Counts up; the only word that the CPU sleeps on. */
  readonly bell: number
  /** 1: about to sleep or asleep. */
  readonly asleep: number
  /** INTERRUPT where one is pending, BROADCAST where there may be some to take. */
  readonly mailbox: number
}

export class SharedBells implements Bells {
  readonly #words: Int32Array<SharedArrayBuffer>

  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.#words = words
  }

  load(word: number): number {
    return Atomics.load(this.#words, word)
  }

  store(word: number, value: number): void {
    Atomics.store(this.#words, word, value)
  }

  add(word: number, delta: number): number {
    return Atomics.add(this.#words, word, delta)
  }

  exchange(word: number, value: number): number {
    return Atomics.exchange(this.#words, word, value)
  }

  wait(word: number, value: number, ms: number): void {
    Atomics.wait(this.#words, word, value, ms)
  }

  notify(word: number): void {
    Atomics.notify(this.#words, word)
  }
}

/** @param isSatisfied asked after the announcement: a yes that comes later rings */
export function sleepUntilRung(bells: Bells, own: Doorbell, isSatisfied: () => boolean, ms: number): void {
  bells.store(own.asleep, 1)
  // Read before the last look: a bell that is rung after it has another value, and the wait ends at once.
  const bell = bells.load(own.bell)
  if (bells.load(own.mailbox) === 0 && !isSatisfied()) bells.wait(own.bell, bell, ms)
  bells.store(own.asleep, 0)
}

/** One that is already pending takes this request along, and whoever sent it has rung. */
export function postInterrupt(bells: Bells, target: Doorbell): void {
  if (bells.exchange(target.mailbox, INTERRUPT) === 0) ring(bells, target)
}

/** After the write that satisfies the target. */
export function ring(bells: Bells, target: Doorbell): void {
  if (bells.load(target.asleep) === 0) return
  bells.add(target.bell, 1)
  bells.notify(target.bell)
}

/** The doorbells of all CPUs, from the blocks that a cell has placed. */
export function doorbellsOf(
  control: {
    readonly doorbells: { readonly base: number; readonly stride: number }
    readonly sleepers: { readonly base: number; readonly stride: number }
    readonly mailboxes: { readonly base: number; readonly stride: number }
  },
  cpuCount: number,
): Doorbell[] {
  const { doorbells, sleepers, mailboxes } = control
  return Array.from({ length: cpuCount }, (_, cpu) => ({
    bell: doorbells.base + cpu * doorbells.stride,
    asleep: sleepers.base + cpu * sleepers.stride,
    mailbox: mailboxes.base + cpu * mailboxes.stride,
  }))
}
