import type { StaleSpans } from '../oracle/staleSpans.js'
import { ROLE_INITIATOR, ROLE_INNOCENT, type TapeSet } from '../contract/tape.js'
import {
  COUNT_ACCESSES,
  COUNT_FLUSH_ROUNDS,
  COUNT_FULL_FLUSHES,
  COUNT_IPIS,
  COUNT_PASSED_OVER,
  COUNT_PAGES_INVALIDATED,
  COUNT_TLB_MISSES,
} from '../machine/counters.js'

/** What one CPU has to say after a measured run. Plain data: a worker posts it. */
export interface CpuReport {
  counters: number[]
  opsNs: number[]
  exposuresNs: number[]
  /** At the end of the run. */
  openExposures: number
  responderNs: number
  heldFramesPeak: number
}

/**
 * Accesses that were tried. Those that found no mapping count too: whether the page happens to be
 * mapped is the workload's business, and must not look like a faster or slower reader.
 */
export function attempts(counters: ArrayLike<number>): number {
  return counters[COUNT_ACCESSES] + counters[COUNT_PASSED_OVER]
}

/** The figures of one run, as src/harness/job.ts hands them on. */
export interface RunFigures {
  ops: number
  elapsedNs: number
  opTotalNs: number
  opsNs: number[]
  exposuresNs: number[]
  openExposures: number
  /** How long old translations stayed in TLBs, and how many are there at the end; null: nobody has looked. */
  stale: { readonly endedNs: readonly number[]; readonly open: number } | null
  ipis: number
  flushRounds: number
  pagesInvalidated: number
  fullFlushes: number
  tlbMisses: number
  responderNs: number
  innocentSlowdown: number | null
  heldFramesPeak: number
  counters: number[]
}

/**
 * @param aloneRate accesses of all innocents per nanosecond before the initiators began; 0: not known
 */
export function figuresOf(
  tapes: TapeSet,
  reports: readonly CpuReport[],
  elapsedNs: number,
  aloneRate: number,
  spans: StaleSpans | null = null,
): RunFigures {
  const counters = reports[0].counters.map((_, index) =>
    reports.reduce((sum, report) => sum + report.counters[index], 0),
  )
  const opsNs = reports
    .filter((_, cpu) => tapes.tapes[cpu].role === ROLE_INITIATOR)
    .flatMap((report) => report.opsNs)
  const innocents = reports.filter((_, cpu) => tapes.tapes[cpu].role === ROLE_INNOCENT)
  const rate = innocents.reduce((sum, report) => sum + attempts(report.counters), 0) / elapsedNs
  return {
    ops: opsNs.length,
    elapsedNs: picoseconds(elapsedNs),
    opTotalNs: picoseconds(opsNs.reduce((sum, ns) => sum + ns, 0)),
    opsNs: opsNs.map(picoseconds),
    exposuresNs: reports.flatMap((report) => report.exposuresNs.map(picoseconds)),
    stale: spans === null ? null : { endedNs: spans.endedNs.map(picoseconds), open: spans.open },
    openExposures: reports.reduce((sum, report) => sum + report.openExposures, 0),
    ipis: counters[COUNT_IPIS],
    flushRounds: counters[COUNT_FLUSH_ROUNDS],
    pagesInvalidated: counters[COUNT_PAGES_INVALIDATED],
    fullFlushes: counters[COUNT_FULL_FLUSHES],
    tlbMisses: counters[COUNT_TLB_MISSES],
    responderNs: picoseconds(reports.reduce((sum, report) => sum + report.responderNs, 0)),
    innocentSlowdown: innocents.length > 0 && aloneRate > 0 && rate > 0 ? aloneRate / rate : null,
    heldFramesPeak: reports.reduce((sum, report) => sum + report.heldFramesPeak, 0),
    counters,
  }
}

/** Differences of times in nanoseconds are binary fractions; no clock here is finer than a picosecond. */
function picoseconds(ns: number): number {
  return Math.round(ns * 1000) / 1000
}
