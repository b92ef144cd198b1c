import { NEW_ENTRY, VA_REUSE } from '../contract/obligation.js'
import type { Context } from './context.js'

/**
 * What an address owes before it is populated again. Hardware that demands break-before-make may
 * raise a conflict, or mix two translations, when a walk of any kind meets the new entry beside the old
 * one; elsewhere only a step that could use the old one counts.
 */
export function isBreakBeforeMake(context: Context): boolean {
  return context.profile.tlb.breakBeforeMake.value === 'yes'
}

export function populating(context: Context): number {
  return isBreakBeforeMake(context) ? VA_REUSE | NEW_ENTRY : VA_REUSE
}

/** The obligation that a demand names: the harder one. */
export function populatingDemand(context: Context): number {
  return isBreakBeforeMake(context) ? NEW_ENTRY : VA_REUSE
}
