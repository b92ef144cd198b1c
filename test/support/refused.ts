import { expect } from 'vitest'
import type { Ended } from './steeredBench.js'

/** A line of what is being done, before the error. */
const STEP = / \.\.\.$/

/** The lines of the one error with which a command has ended: four at most, no stack, and nothing on stdout. */
export function usageLines({ stdout, stderr }: Ended): string[] {
  expect(stdout).toBe('')
  const lines = stderr.trimEnd().split('\n')
  const error = lines.filter((line) => !STEP.test(line))
  expect(error[0]).toMatch(/^error: /)
  expect(error.length).toBeLessThanOrEqual(4)
  expect(stderr).not.toMatch(/^\s+at /m)
  return error
}
