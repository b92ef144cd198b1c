import { describe, expect, test } from 'vitest'
import {
  postInterrupt,
  ring,
  sleepUntilRung,
  type Bells,
  type Doorbell,
} from '../dist/src/engines/threads/doorbell.js'
import { interleave } from './support/interleave.js'

const OWN: Doorbell = { bell: 0, asleep: 1, mailbox: 2 }
/** A countdown of acknowledgements that the sleeper waits for. */
const COUNTDOWN = 3
const WORDS = 4

/** Takes interrupts, as a worker does between two sleeps, until the mailbox was seen full once. */
const takesOne = (bells: Bells): void => {
  while (bells.exchange(OWN.mailbox, 0) === 0) sleepUntilRung(bells, OWN, () => false, 0)
}

/** Waits until its countdown is empty, taking interrupts meanwhile. */
const waitsForCountdown = (bells: Bells): void => {
  while (bells.load(COUNTDOWN) !== 0) {
    bells.exchange(OWN.mailbox, 0)
    sleepUntilRung(bells, OWN, () => bells.load(COUNTDOWN) === 0, 0)
  }
}

const posts = (bells: Bells): void => postInterrupt(bells, OWN)

/** One of the acknowledgements: the last one rings. */
const acknowledges = (bells: Bells): void => {
  if (bells.add(COUNTDOWN, -1) === 1) ring(bells, OWN)
}

describe('the doorbell, in every interleaving of its atomic operations', () => {
  test('an interrupt wakes its target, whenever it is sent', () => {
    const { stuck, ends, stateCount } = interleave(WORDS, [takesOne, posts])
    expect(stuck).toEqual([])
    expect(ends.length).toBeGreaterThan(0)
    expect(stateCount).toBeGreaterThan(20)
  })

  test('two senders: the second finds the mailbox full and does not ring, and the target wakes all the same', () => {
    expect(interleave(WORDS, [takesOne, posts, posts]).stuck).toEqual([])
  })

  test('the last of two acknowledgements wakes the waiter, an interrupt in between included', () => {
    const start = (bells: Bells): void => {
      bells.store(COUNTDOWN, 2)
      waitsForCountdown(bells)
    }
    const after = (body: (bells: Bells) => void) => (bells: Bells) => {
      // Only sent once the round is armed.
      if (bells.load(COUNTDOWN) !== 0) body(bells)
      else bells.store(WORDS, 1)
    }
    const { stuck } = interleave(WORDS + 1, [start, after(acknowledges), after(acknowledges), posts])
    // A responder that came too early has left its mark; without one, nobody may be stuck.
    expect(stuck.filter(({ words }) => words[WORDS] === 0)).toEqual([])
  })

  test('looking before announcing loses a wake-up', () => {
    const looksFirst = (bells: Bells): void => {
      while (bells.exchange(OWN.mailbox, 0) === 0) {
        const bell = bells.load(OWN.bell)
        if (bells.load(OWN.mailbox) !== 0) continue
        bells.store(OWN.asleep, 1)
        bells.wait(OWN.bell, bell, 0)
        bells.store(OWN.asleep, 0)
      }
    }
    expect(interleave(WORDS, [looksFirst, posts]).stuck.length).toBeGreaterThan(0)
  })

  test('reading the bell after the last look loses a wake-up', () => {
    const readsLate = (bells: Bells): void => {
      while (bells.exchange(OWN.mailbox, 0) === 0) {
        bells.store(OWN.asleep, 1)
        if (bells.load(OWN.mailbox) === 0) bells.wait(OWN.bell, bells.load(OWN.bell), 0)
        bells.store(OWN.asleep, 0)
      }
    }
    expect(interleave(WORDS, [readsLate, posts]).stuck.length).toBeGreaterThan(0)
  })

  test('ringing before writing loses a wake-up', () => {
    const ringsFirst = (bells: Bells): void => {
      ring(bells, OWN)
      bells.store(OWN.mailbox, 1)
    }
    expect(interleave(WORDS, [takesOne, ringsFirst]).stuck.length).toBeGreaterThan(0)
  })
})
