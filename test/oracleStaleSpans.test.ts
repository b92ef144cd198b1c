import { describe, expect, test } from 'vitest'
import { FRAME_REUSE, RELAXED } from '../dist/src/contract/obligation.js'
import { StaleSpans } from '../dist/src/oracle/staleSpans.js'
import { emptyEvent, LEVEL_DIRECTORY } from '../dist/src/pagetable/passedEvent.js'
import { simCell } from './support/runCell.js'

/** Two CPUs; `held` has `cpu page` for what they hold. */
function watched(...held: string[]) {
  const entries = new Set(held)
  const spans = new StaleSpans(
    [0, 1].map((cpu) => ({ hasStale: ({ page }) => entries.has(`${cpu} ${page}`) })),
  )
  const change = (page: number, given = {}) => ({
    ...emptyEvent(),
    obligation: FRAME_REUSE,
    space: 1,
    page,
    ...given,
  })
  return { entries, spans, change }
}

describe('the time that old translations stay', () => {
  test('ends with the last CPU that loses one', () => {
    const { entries, spans, change } = watched('0 5', '1 5')
    spans.changed(change(5), 100)
    entries.delete('0 5')
    spans.flushed(0, 1, 5, 1, 130)
    expect([spans.endedNs, spans.open]).toEqual([[], 1])
    entries.delete('1 5')
    spans.flushed(1, 1, 4, 2, 170)
    expect([spans.endedNs, spans.open]).toEqual([[70], 0])
  })

  test('is 0 where nobody holds one, and not asked for where nothing is owed', () => {
    const { spans, change } = watched('0 5')
    spans.changed(change(6), 100)
    spans.changed(change(5, { obligation: RELAXED }), 100)
    expect([spans.endedNs, spans.open]).toEqual([[0], 0])
  })

  test('goes on through flushes of other pages and spaces, and of what is kept', () => {
    const { entries, spans, change } = watched('0 5')
    spans.changed(change(5), 100)
    spans.flushed(0, 1, 5, 1, 110)
    entries.delete('0 5')
    spans.flushed(0, 1, 6, 1, 120)
    spans.flushed(0, 2, 0, Infinity, 130)
    spans.flushed(1, 0, 0, Infinity, 140)
    expect(spans.open).toBe(1)
    spans.flushed(0, 0, 0, Infinity, 150)
    expect([spans.endedNs, spans.open]).toEqual([[50], 0])
  })

  test('ends for a table with any flush, which empties the paging-structure cache', () => {
    const { entries, spans, change } = watched('0 512')
    spans.changed(change(512, { level: LEVEL_DIRECTORY }), 0)
    entries.delete('0 512')
    spans.flushed(0, 2, 7, 1, 9)
    expect(spans.endedNs).toEqual([9])
  })

  test('keeps what it is told, although the argument is used again', () => {
    const { entries, spans, change } = watched('0 5')
    const event = change(5)
    spans.changed(event, 0)
    event.page = 6
    entries.delete('0 5')
    spans.flushed(0, 1, 5, 1, 3)
    expect(spans.endedNs).toEqual([3])
  })
})

describe('in virtual time', () => {
  const run = (strategy: string) =>
    simCell({
      strategy,
      workload: 'munmap-storm',
      parameters: { pages: 4, ops: 60 },
      cpus: 8,
      oracle: 'full',
    })

  test.each(['immediate', 'batched'])('%s: over before it is claimed', async (strategy) => {
    const { figures } = await run(strategy)
    expect(figures.stale?.open).toBe(0)
    // Each page of each op is one change.
    expect(figures.stale?.endedNs).toHaveLength(4 * 60)
    const claimed = Math.max(...figures.exposuresNs)
    for (const ns of figures.stale?.endedNs ?? []) {
      expect(ns).toBeGreaterThan(0)
      expect(ns).toBeLessThanOrEqual(claimed)
    }
  })

  test('lazy: one tick of every CPU, a third of what it takes until it is claimed', async () => {
    const { figures } = await run('lazy')
    const ended = figures.stale?.endedNs ?? []
    expect(ended.length).toBeGreaterThan(60)
    // 1 ms, and what a tick is late by.
    expect(Math.max(...ended)).toBeLessThanOrEqual(1.05e6)
    expect(Math.min(...figures.exposuresNs)).toBeGreaterThanOrEqual(2e6)
  })

  test('never-flush: no translation goes', async () => {
    const { figures } = await run('never-flush')
    expect(figures.stale?.endedNs.filter((ns) => ns > 0)).toEqual([])
    expect(figures.stale?.open).toBeGreaterThan(0)
  })

  test('nobody looks in a measured repetition', async () => {
    const { figures } = await simCell({ strategy: 'immediate', workload: 'munmap-storm', cpus: 2 })
    expect(figures.stale).toBeNull()
  })
})
