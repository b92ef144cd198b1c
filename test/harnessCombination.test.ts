import { describe, expect, test } from 'vitest'
import { splitFiles } from '../dist/src/engines/importStrategy.js'
import { makePlan } from '../dist/src/harness/benchPlan.js'
import { chooseStrategy } from '../dist/src/harness/chooseStrategy.js'
import { parseSpecs } from '../dist/src/harness/spec.js'
import { splitParts } from '../dist/src/harness/splitParts.js'
import { usageErrorOf } from './support/usage.js'
import { MATRIX } from '../dist/bench/matrix.js'

const DIRECT = './test/fixtures/strategies/direct-batched.mjs'
const ALSO_DIRECT = './test/fixtures/strategies/direct-immediate.mjs'

const chosen = (text: string) => chooseStrategy(parseSpecs('--strategy', text)[0])
const givenBy = async (text: string) => Object.fromEntries((await chosen(text)).spec.parameters)

test.each([
  ['a+b', ['a', 'b']],
  ['a:x=1;y=2+b:x=3+c', ['a:x=1;y=2', 'b:x=3', 'c']],
  ['./mine.js+linux', ['./mine.js', 'linux']],
  ['linux+./mine.js:x=1', ['linux', './mine.js:x=1']],
  ['./a+b/c+d.mjs:x=1+linux', ['./a+b/c+d.mjs:x=1', 'linux']],
  ['./a+b.js', ['./a+b.js']],
])('%s is split into its parts', (text, parts) => {
  expect(splitParts(text)).toEqual(parts)
})

describe('parameters', () => {
  test('behind a part are its own', async () => {
    expect(await givenBy(`${DIRECT}:ceiling=3+linux:ceiling=9;tags=2`)).toEqual({
      'direct-batched.ceiling': 3,
      'linux.ceiling': 9,
      'linux.tags': 2,
    })
  })

  test('can name their part, as the results do', async () => {
    expect(await givenBy(`${DIRECT}+linux:direct-batched.ceiling=3;linux.ceiling=9`)).toEqual({
      'direct-batched.ceiling': 3,
      'linux.ceiling': 9,
    })
  })

  test('of a strategy that is named alone are its own too', async () => {
    expect(await givenBy(`${DIRECT}:ceiling=3`)).toEqual({ 'direct-batched.ceiling': 3 })
    expect((await chosen(DIRECT)).loaded.name).toBe(`${DIRECT}+batched`)
  })

  test('of a preset are those of its part', async () => {
    const given = await givenBy(`${DIRECT}+lazy:preset=released`)
    expect(Object.keys(given).length).toBeGreaterThan(0)
    for (const name of Object.keys(given)) expect(name).toMatch(/^lazy\./)
  })

  test('of the skip rules are for the whole', async () => {
    expect(await givenBy(`${DIRECT}+linux:skipGained=0`)).toEqual({ skipGained: 0 })
  })
})

describe('refuses', () => {
  test.each([
    ['batched+linux', 'batched handles every kind of mapping, so nothing is left for what follows'],
    [`${DIRECT}+${ALSO_DIRECT}`, 'direct-immediate handles directMap only, and nothing is left for the rest'],
    [`${DIRECT}+${ALSO_DIRECT}+linux`, 'direct-batched and direct-immediate both handle directMap'],
    [`${DIRECT}+${DIRECT}+linux`, 'direct-batched is named twice'],
    ['a+b+c+d+linux', "unknown strategy 'a'"],
    [`${DIRECT}+linx`, "unknown strategy 'linx'"],
    [`all+linux`, 'all is no part of a combination'],
    [`${DIRECT}+linux:celing=3`, "unknown parameter 'celing'"],
    [`${DIRECT}+linux:lnux.ceiling=3`, "unknown part 'lnux'"],
    [`${DIRECT}:ceiling=1+linux:direct-batched.ceiling=2`, "'direct-batched.ceiling' is given twice"],
    [`${DIRECT}+linux:ceiling=-1`, 'ceiling is -1, outside'],
    [`${DIRECT}+linux:preset=none`, 'it has no presets'],
    ['batched+batched+batched+batched+linux', '5 strategies are too many at once'],
  ])('%s', async (text, reason) => {
    const message = await usageErrorOf(() => chosen(text))
    expect(message).toContain(reason)
    expect(message.split('\n').length).toBeLessThanOrEqual(4)
  })
})

describe('a plan', () => {
  const planOf = (strategy: string, more: object = {}) =>
    makePlan({ engine: 'sim', strategy, workload: 'madvise-page', cpus: '2', ...more }, MATRIX)

  test('shows the combination, its contract, and parameters with the part in front', async () => {
    const { cells, identity } = await planOf(`${DIRECT}:ceiling=3+lazy`)
    expect(cells.map(({ strategy }) => strategy.name)).toEqual([`${DIRECT}+lazy`])
    expect(cells[0].contract).toBe('reuse')
    expect(cells[0].params).toBe('strategy.direct-batched.ceiling=3')
    expect(splitFiles(cells[0].strategy.file)).toHaveLength(2)
    expect(Object.keys(identity.modules)).toContain(`strategy ${DIRECT}+lazy`)
  })

  test('tells a combination from its parts when files change', async () => {
    const hash = async (strategy: string) => Object.values((await planOf(strategy)).identity.modules)[0]
    expect(await hash(`${DIRECT}+lazy`)).not.toBe(await hash(`${DIRECT}+linux`))
  })

  test('gives the rules of --skip to the whole', async () => {
    const { cells } = await planOf(`${DIRECT}+linux`, { skip: 'untouched' })
    expect(cells[0].params).toBe('strategy.skipGained=0;strategy.skipUntouched=1')
  })
})
