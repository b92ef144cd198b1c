import { expect, test } from 'vitest'
import {
  changedParameters,
  formatParams,
  strategyParams,
  workloadParams,
} from '../dist/src/records/params.js'

const spec = (value: number) => ({ default: value, min: 0, max: 100, unit: 'pages', summary: '', source: '' })

test('only what differs from its default is shown', () => {
  expect(changedParameters({ pages: spec(1), ceiling: spec(33) }, { pages: 4, ceiling: 33 })).toEqual({
    pages: 4,
  })
})

test('a zero that is not the default is shown', () => {
  expect(changedParameters({ pages: spec(1) }, { pages: 0 })).toEqual({ pages: 0 })
})

test('the column is sorted, whatever order the parameters came in', () => {
  const text = 'strategy.ceiling=64;strategy.slots=2;workload.pages=4;workload.readers=1'
  expect(formatParams({ slots: 2, ceiling: 64 }, { readers: 1, pages: 4 })).toBe(text)
})

test('all defaults are an empty cell', () => {
  expect(formatParams({}, {})).toBe('')
})

test('both parts can be taken out again', () => {
  const text = formatParams({ slots: 2, ceiling: 64 }, { pages: 4 })
  expect(strategyParams(text)).toBe('ceiling=64;slots=2')
  expect(workloadParams(text)).toBe('pages=4')
  expect([strategyParams(''), workloadParams('')]).toEqual(['', ''])
})
