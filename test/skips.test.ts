import { describe, expect, test } from 'vitest'
import { parseSpecs } from '../dist/src/harness/spec.js'
import { withSkips } from '../dist/src/harness/skipOption.js'
import { OWN_STRATEGIES, simCell, threadsCell, type CellOptions } from './support/runCell.js'

const skipping = (strategy: string, rules: Record<string, number>, more: Partial<CellOptions>) =>
  simCell({ strategy, strategyParameters: rules, workload: 'munmap-storm', cpus: 3, oracle: 'full', ...more })

describe.each(OWN_STRATEGIES)('%s', (strategy) => {
  test('untouched: entries that no walk has used cost nothing', async () => {
    const zaps = { workload: 'direct-map-zap', parameters: { pages: 4, ops: 8, directFrames: 0 } }
    // Nobody reads through the direct map, so no entry of it was ever cached.
    const told = await skipping(strategy, {}, zaps)
    expect(told.figures).toMatchObject({ ops: 8, ipis: 8 * 2 })
    const skipped = await skipping(strategy, { skipUntouched: 1 }, zaps)
    expect(skipped.figures).toMatchObject({ ops: 8, ipis: 0, flushRounds: 0 })
    expect(skipped.violations).toEqual([])
  })

  test('untouched: entries that were used are flushed all the same', async () => {
    const storm = { parameters: { pages: 3, ops: 5, pauseNs: 0, readerPages: 2, readerWorkNs: 0 } }
    const [told, skipped] = [
      await skipping(strategy, {}, storm),
      await skipping(strategy, { skipUntouched: 1 }, storm),
    ]
    expect(skipped.figures).toEqual(told.figures)
    expect(skipped.violations).toEqual([])
  })

  test('gained: without the rule giving back costs what taking costs', async () => {
    const pairs = 6
    const storm = { workload: 'mprotect-storm', parameters: { pages: 16, range: 3, pairs } }
    const rounds = pairs * (strategy === 'immediate' ? 3 : 1)
    expect((await skipping(strategy, {}, storm)).figures).toMatchObject({
      flushRounds: rounds,
      ipis: rounds * 2,
    })
    const all = await skipping(strategy, { skipGained: 0 }, storm)
    expect(all.figures).toMatchObject({ flushRounds: 2 * rounds, ipis: 4 * rounds })
    expect(all.violations).toEqual([])
  })
})

test('on real threads, too', async () => {
  const { figures, violations } = await threadsCell({
    strategy: 'batched',
    strategyParameters: { skipUntouched: 1 },
    workload: 'direct-map-zap',
    parameters: { pages: 4, ops: 8, directFrames: 0 },
    cpus: 2,
  })
  expect([figures.ipis, violations]).toEqual([0, []])
})

describe('--skip', () => {
  const parameters = (text: string | undefined, strategies = 'batched') =>
    withSkips(parseSpecs('--strategy', strategies), text).map((spec) => Object.fromEntries(spec.parameters))

  test('names the rules that hold, for every strategy; its own parameters win', () => {
    expect(parameters(undefined)).toEqual([{}])
    expect(parameters('untouched')).toEqual([{ skipGained: 0, skipUntouched: 1, skipTorn: 0 }])
    expect(parameters('gained, untouched')).toEqual([{ skipGained: 1, skipUntouched: 1, skipTorn: 0 }])
    expect(parameters('none', 'batched,lazy:skipGained=1')).toEqual([
      { skipGained: 0, skipUntouched: 0, skipTorn: 0 },
      { skipGained: 1, skipUntouched: 0, skipTorn: 0 },
    ])
  })

  test('knows no others', () => {
    expect(() => parameters('untuched')).toThrow(/unknown rule .untuched.\n.*untouched/)
  })
})
