import type { Change } from '../contract/change.js'
import { BINDING, REVOKE } from '../contract/obligation.js'
import { OPERATION_TEARDOWN } from '../contract/operation.js'
import { ACCESSED } from '../contract/page.js'
import type { ParameterSpecs, Parameters } from '../contract/parameter.js'

/**
 * Rules by which a change needs no flush at all, whatever the strategy: one set, with or without which every strategy can
 * be run. They are parameters of every strategy, so that a cell's identity has them.
 *
 * A rule that skips claims the change settled, and the oracle judges the claim like any other.
 */
export const SKIP_PARAMETERS: ParameterSpecs = {
  skipGained: {
    default: 1,
    min: 0,
    max: 1,
    unit: '0 or 1',
    summary:
      'no flush where a permission is only gained: a CPU with the old entry takes a fault and walks again',
    source: 'Linux arch/x86/include/asm/tlbflush.h, pte_flags_need_flush; mm/mprotect.c',
  },
  skipUntouched: {
    default: 0,
    min: 0,
    max: 1,
    unit: '0 or 1',
    summary: 'no flush of an entry whose accessed bit is clear: no walk has cached it',
    source: 'Intel SDM vol. 3A, 4.8 and 4.10.2.3; Amit, USENIX ATC 2017 (ABIS)',
  },
  skipTorn: {
    default: 0,
    min: 0,
    max: 1,
    unit: '0 or 1',
    summary: 'no flush of a space that is torn down: nobody loads it again before its id begins anew',
    source:
      'illumos i86pc hat.c HAT_FREEING; Linux arch/arm64/include/asm/tlb.h tlb_flush (fullmm: the tag is not used again); on x86 Linux flushes once',
  },
}

/**
 * Where each CPU has page tables of its own the accessed bit is the strategy's: ABIS fills the TLB of a page that one CPU
 * uses without setting it, so that a clear bit does not say that nobody has the entry.
 */
export const OWN_TABLE_SKIP_PARAMETERS: ParameterSpecs = {
  ...SKIP_PARAMETERS,
  skipUntouched: {
    ...SKIP_PARAMETERS.skipUntouched,
    max: 0,
    summary: 'never with page tables per CPU: a clear accessed bit does not say that no CPU has the entry',
  },
}

/** Names of `--skip`, with the values that each sets. */
export const SKIP_RULES: Readonly<Record<string, Parameters>> = {
  gained: { skipGained: 1 },
  untouched: { skipUntouched: 1 },
  torn: { skipTorn: 1 },
}

export interface Skips {
  readonly gained: boolean
  readonly untouched: boolean
  readonly torn: boolean
}

export function skipsOf(parameters: Parameters): Skips {
  const isSet = (name: string) => (parameters[name] ?? SKIP_PARAMETERS[name].default) === 1
  return {
    gained: isSet('skipGained'),
    untouched: isSet('skipUntouched'),
    torn: isSet('skipTorn'),
  }
}

/**
 * The flags are those of the compare-exchange that wrote the entry. A walker sets the accessed bit in the table before
 * it fills a TLB, by compare-exchange as well: whoever finds it clear has come first, and the walker finds the new entry.
 */
export function isSkipped({ untouched }: Skips, { oldFlags }: Change): boolean {
  return untouched && (oldFlags & ACCESSED) === 0
}

/**
 * Claimed while no CPU has the space loaded. What is left under its tag is unreachable until the id is used again, and
 * by then the strategy has had its hook `retired`.
 */
export function isTornSkipped({ torn }: Skips, operation: number): boolean {
  return torn && operation === OPERATION_TEARDOWN
}

/** What the strategy is told of a change that owes nothing, where gains are to be flushed like losses. */
export function toldObligations({ gained }: Skips, { obligations }: Change): number {
  return gained || (obligations & BINDING) !== 0 ? obligations : obligations | REVOKE
}
