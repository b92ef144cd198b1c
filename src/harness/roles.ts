import type { ParameterSpec, ParameterSpecs } from '../contract/parameter.js'
import { UsageError } from '../contract/usageError.js'
import type { Resolved } from './parameters.js'

/** The two parameters that every workload has. Their bounds depend on the CPU count, so they resolve per cell. */
export const ROLE_NAMES = ['initiators', 'readers'] as const

export const MAX_CPUS = 1024
/** A worker is an OS thread with a V8 isolate of its own; above this a machine measures its scheduler and its memory. */
export const MAX_THREADS_CPUS = 64

/** @param initiatorCount what `readers` leaves room for */
export function roleSpecs(
  cpuCount: number,
  initiatorCount: number,
): Record<(typeof ROLE_NAMES)[number], ParameterSpec> {
  return {
    initiators: {
      default: 1,
      min: 1,
      max: cpuCount,
      unit: 'CPUs',
      summary: 'CPUs that change mappings',
      source: 'one thread changes mappings in the microbenchmarks of LATR and will-it-scale',
    },
    readers: {
      default: cpuCount - initiatorCount,
      min: 0,
      max: cpuCount - initiatorCount,
      unit: 'CPUs',
      summary: 'innocent CPUs that only read; all other CPUs unless given',
      source: 'every CPU of the process shares the space, as in the same microbenchmarks',
    },
  }
}

/** A workload's own parameters with the two of every workload: what may be typed, checked when the CPU count is known. */
export function withRoles(own: ParameterSpecs): ParameterSpecs {
  return { ...own, ...roleSpecs(MAX_CPUS, 0) }
}

/**
 * Adds `initiators` and `readers` for one CPU count.
 * @param cell what the message names
 */
export function resolveRoles(cell: string, given: ReadonlyMap<string, number>, cpuCount: number): Resolved {
  const initiators = given.get('initiators') ?? 1
  if (initiators > cpuCount) {
    const remedy = `for example initiators=${cpuCount}, or more --cpus`
    throw new UsageError(cell, `${initiators} initiators do not fit ${plural(cpuCount)}`, [], remedy)
  }
  const room = cpuCount - initiators
  const readers = given.get('readers') ?? room
  if (readers > room) {
    const reason = `${initiators} initiators and ${readers} readers do not fit ${plural(cpuCount)}`
    throw new UsageError(cell, reason, [], `for example readers=${room}, or more --cpus`)
  }
  const shown: Record<string, number> = {}
  if (initiators !== 1) shown.initiators = initiators
  if (readers !== room) shown.readers = readers
  return { values: { initiators, readers }, shown }
}

function plural(cpuCount: number): string {
  return cpuCount === 1 ? '1 CPU' : `${cpuCount} CPUs`
}
