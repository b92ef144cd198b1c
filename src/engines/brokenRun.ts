import type { ViolationList, ViolationRecord } from '../oracle/violations.js'

/**
 * What the oracle had found before a run threw, by the error that it threw. A strategy that frees too
 * early often runs into a lock or out of frames in the end, and the violation is what explains it.
 */
const found = new WeakMap<Error, readonly ViolationRecord[]>()

/** @returns the error, to be thrown on */
export function keepViolations(error: unknown, violations: ViolationList): unknown {
  if (error instanceof Error) found.set(error, violations.kept)
  return error
}

export function violationsOf(error: unknown): readonly ViolationRecord[] {
  return error instanceof Error ? (found.get(error) ?? []) : []
}
