import { describe, expect, test } from 'vitest'
import {
  EXPOSE,
  FRAME_REUSE,
  IO,
  NEW_ENTRY,
  REVOKE,
  SEEN,
  TABLE_REUSE,
  VA_REUSE,
} from '../dist/src/contract/obligation.js'
import type { Port } from '../dist/src/contract/port.js'
import type { StrategyHost } from '../dist/src/contract/strategy.js'
import { AGAIN, DONE, type Ticket } from '../dist/src/contract/ticket.js'
import type { ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { FIRST_SPACE } from '../dist/src/engines/explore/cpuOperations.js'
import type { ExplorePlan } from '../dist/src/engines/explore/exploreMachine.js'
import { Asked, asked, type AskedPrivates, type AskedWords, type Variant } from './support/asked.js'
import { exploreFully, planOf, verdictOf } from './support/explorePlan.js'

// Nearly every planted defect makes a false claim first, and what the events alone would tell stays
// hidden behind I11. The strategies here claim nothing, and each breaks one invariant only: whatever the
// search comes to first is that one.

const ONE: Partial<ExploreCase> = { operationCount: 2 }
/** With another frame than the one that goes, so that what is owed for that is not asked for first. */
const SPARE: Partial<ExploreCase> = { operationCount: 2, frameCount: 2 }
const GUEST: Partial<ExploreCase> = { ...SPARE, isGuest: true }
const PROTECT: Partial<ExploreCase> = { alphabet: ['protect', 'unprotect'], operationCount: 2 }
const WRITE_OUT: Partial<ExploreCase> = { alphabet: ['advise', 'touch', 'writeOut'], operationCount: 2 }
const SWITCH: Partial<ExploreCase> = { alphabet: ['advise', 'touch', 'switch'], operationCount: 2 }
const TABLES: Partial<ExploreCase> = {
  alphabet: ['remap', 'populate'],
  freesTables: true,
  operationCount: 3,
  frameCount: 3,
}
const WALKED: Partial<ExploreCase> = { ...TABLES, alphabet: ['remap', 'populate', 'pin'] }

const breakBeforeMake = (plan: ExplorePlan): ExplorePlan => ({
  ...plan,
  case: { ...plan.case, breaksBeforeMake: true },
})

describe('who flushes for everything but one obligation breaks its invariant', () => {
  test.each<[string, string, Variant, Partial<ExploreCase>]>([
    ['I1', 'a frame with a new owner', { contract: 'reuse', ignores: FRAME_REUSE }, { ...ONE, pageCount: 2 }],
    ['I2', 'an address populated again', { contract: 'reuse', ignores: VA_REUSE }, SPARE],
    ['I3', 'a permission taken away', { ignores: REVOKE }, PROTECT],
    ['I3', 'a page given to a guest', { ignores: EXPOSE }, GUEST],
    ['I5', 'a page written out', { ignores: IO }, WRITE_OUT],
    ['I6', 'a page that is gone', { ignores: SEEN }, ONE],
  ])('%s: %s', (invariant, _what, variant, given) => {
    expect(verdictOf(planOf(asked(variant), given))).toBe(invariant)
    // And with that flush none.
    expect(verdictOf(planOf(asked({ ...variant, ignores: 0 }), given))).toBe('complete')
  })

  test('I10: another entry for an address, where the machine demands break-before-make', () => {
    const plan = planOf(asked({ contract: 'reuse', ignores: NEW_ENTRY }), SPARE)
    expect(verdictOf(breakBeforeMake(plan))).toBe('I10')
    expect(verdictOf(plan)).toBe('complete')
    expect(verdictOf(breakBeforeMake(planOf(asked({ contract: 'reuse' }), SPARE)))).toBe('complete')
  })
})

test('a CPU that runs on in user mode uses what it has, without entering the kernel for it', () => {
  const given: Partial<ExploreCase> = { alphabet: ['advise'], roles: [['advise'], []] }
  expect(verdictOf(planOf(asked({ ignores: SEEN, flushesOwn: true }), given))).toBe('I6')
  expect(verdictOf(planOf(asked({ flushesOwn: true }), given))).toBe('complete')
})

/** Until it returns its CPU uses no user translation, but it walks: for that the flush comes too late. */
describe('a handler that acknowledges before it flushes', () => {
  const early = asked({ contract: 'reuse', acknowledgesFirst: true })

  test.each<[string, Partial<ExploreCase>]>([
    ['one frame', { ...ONE, pageCount: 2 }],
    ['one address', SPARE],
    ['a permission', PROTECT],
    ['a write-out', WRITE_OUT],
  ])('is right for %s', (_what, given) => {
    expect(verdictOf(planOf(early, given))).toBe('complete')
  })

  test.each<[string, string, ExplorePlan]>([
    ['I3', 'the direct map of what a guest gets', planOf(early, GUEST)],
    ['I10', 'an address of a machine that demands break-before-make', breakBeforeMake(planOf(early, SPARE))],
  ])('is wrong by %s for %s', (invariant, _what, plan) => {
    expect(verdictOf(plan)).toBe(invariant)
  })
})

/**
 * Takes a table for free when no other CPU has its space loaded, which is no false claim: nobody can use
 * what is cached below. A CPU that comes back loads its old tag, waits, and flushes then. It has used no
 * user translation until then, but it can have walked.
 */
class Returns extends Asked {
  readonly #keeps: boolean
  override covered = (cpu: Port, ...[, , , space, obligations]: [number, number, number, number, number]) =>
    obligations === TABLE_REUSE && this.active(cpu, 1 - cpu.id) !== space

  constructor(host: StrategyHost<AskedWords, AskedPrivates>, keeps: boolean) {
    super(host, { flushesOwn: true })
    this.#keeps = keeps
  }

  override switched(cpu: Port, to: number): Ticket {
    this.setActive(cpu, to)
    cpu.activate(to, to, this.#keeps)
    // Any flush empties the paging-structure cache: on the way out there is none.
    return to === FIRST_SPACE ? AGAIN : DONE
  }

  override resumed(cpu: Port): Ticket {
    cpu.invalidateAll()
    return DONE
  }
}

describe('I4: a table with another use', () => {
  const returns = (keeps: boolean) => ({
    ...asked({ contract: 'reuse' }),
    create: (host: StrategyHost<AskedWords, AskedPrivates>) => new Returns(host, keeps),
  })

  test('while a paging-structure cache leads to it', () => {
    const given: Partial<ExploreCase> = {
      ...TABLES,
      alphabet: ['remap', 'populate', 'switch'],
      // CPU 0 has the shared mapping below its own table, which is never freed.
      roles: [['switch'], ['remap', 'populate']],
    }
    const { finding } = exploreFully(planOf(returns(true), given))
    expect(finding?.invariant).toBe('I4')
    expect(finding?.message).toMatch(/^CPU 0 can still use its old translation of page \d+ after tableReuse/)
    expect(verdictOf(planOf(returns(false), given))).toBe('complete')
    expect(verdictOf(planOf(returns(true), { ...given, freesTables: false }))).toBe('complete')
  })

  test('while a software walker has it in hand, which no broadcast waits for', () => {
    const broadcasts = asked({ broadcasts: true, claims: 'settle' })
    const { finding } = exploreFully(planOf(broadcasts, WALKED))
    expect(finding?.invariant).toBe('I4')
    expect(finding?.message).toMatch(/^CPU \d walks in software through the table of page \d+/)
    expect(verdictOf(planOf(broadcasts, TABLES))).toBe('complete')
    // A walker runs with interrupts off: who waits for those to be taken waits for it too.
    expect(verdictOf(planOf(asked({ claims: 'settle' }), WALKED))).toBe('complete')
  })
})

test('I7: what is kept under a tag while another space is loaded, and found again', () => {
  // Whoever runs the space has flushed by the time of the event: it can be nothing else.
  for (const contract of ['return', 'reuse'] as const) {
    const plan = planOf(asked({ contract, keepsTags: true }), SWITCH)
    expect(verdictOf(plan)).toBe('I7')
    expect(verdictOf(planOf(asked({ contract }), SWITCH))).toBe('complete')
  }
})

test('I8: who is never acknowledged', () => {
  expect(verdictOf(planOf(asked({ acknowledgesNever: true }), ONE))).toBe('I8')
})

test('I9: a watermark that never moves, seen when everything is drained', () => {
  for (const contract of ['return', 'reuse'] as const) {
    expect(verdictOf(planOf(asked({ contract, claims: 'never' }), ONE))).toBe('I9')
    expect(verdictOf(planOf(asked({ contract, claims: 'settle' }), ONE))).toBe('complete')
  }
})
