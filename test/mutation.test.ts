import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXPLORATIONS } from '../dist/bench/explorations.js'
import { mutantsOf } from '../dist/src/testing/mutation/generate.js'
import type { Mutant } from '../dist/src/testing/mutation/mutant.js'
import { mutationDocs, unexplained } from '../dist/src/testing/mutation/mutationDocs.js'
import { PackageCopy } from '../dist/src/testing/mutation/packageCopy.js'
import { runLadder } from '../dist/src/testing/mutation/runLadder.js'
import { strategyFiles, strategyNames } from '../dist/src/testing/mutation/strategyFiles.js'
import { ROOT } from './support/runCell.js'

const FOLDER = join(ROOT, 'dist/src/strategies')

const TINY = `import { DONE, SETTLED } from '../contract/ticket.js'
const AT = 4
export class Tiny {
    constructor(at) {
        this.at = at + 1
        at.clear()
    }
    changed(cpu, change) {
        cpu.set(this.mine, 0)
        cpu.store(this.word, change.space)
        // Told last.
        cpu.interruptSet(this.targets)
        const seen = cpu.exchange(this.word, 0)
        if (seen !== (7 & AT))
            return DONE
        flush(cpu, 1, first, 1, 1)
        return this.isFull(cpu) && !cpu.load(this.word) ? this.start(cpu) : SETTLED
    }
    reached(a, b) {
        return reachedSerial(a, b + 1) || a < b
    }
}
export default { words: () => ({ ring: { count: 1 + 1 } }) }
`

const SPLIT =
  '((word, value) => { const before = cpu.load(word); cpu.store(word, value); return before; })(this.word, 0)'

/** By hand, in the order of the text. */
const EXPECTED = [
  '9 changed, removed call: cpu.set(this.mine, 0) > ',
  '9 changed, constant: 0 > 1',
  '10 changed, removed call: cpu.store(this.word, change.space) > ',
  '10 changed, swapped statements: cpu.store(this.word, change.space) // Told last. cpu.interruptSet(this.targets) > cpu.interruptSet(this.targets) cpu.store(this.word, change.space)',
  '12 changed, removed call: cpu.interruptSet(this.targets) > ',
  '12 changed, swapped statements: cpu.interruptSet(this.targets) const seen = cpu.exchange(this.word, 0) > const seen = cpu.exchange(this.word, 0) cpu.interruptSet(this.targets)',
  `13 changed, atomicity: cpu.exchange(this.word, 0) > ${SPLIT}`,
  '13 changed, atomicity: cpu.exchange(this.word, 0) > cpu.load(this.word)',
  '13 changed, constant: 0 > 1',
  '14 changed, comparison: seen !== (7 & AT) > seen === (7 & AT)',
  '14 changed, removed guard: if (seen !== (7 & AT)) return DONE > ',
  '14 changed, constant: 7 & AT > (7)',
  '15 changed, ticket: DONE > 1 /* SETTLED */',
  '15 changed, ticket: DONE > 2 /* AGAIN */',
  '16 changed, removed call: flush(cpu, 1, first, 1, 1) > ',
  '16 changed, constant: 1 > 2',
  '16 changed, range: first > (first) + 1',
  '16 changed, range: first > (first) - 1',
  '16 changed, constant: 1 > 2',
  '16 changed, constant: 1 > 2',
  '17 changed, condition: this.isFull(cpu) && !cpu.load(this.word) > (this.isFull(cpu)) || (!cpu.load(this.word))',
  '17 changed, condition: !cpu.load(this.word) > (cpu.load(this.word))',
  '17 changed, ticket: this.start(cpu) > (this.start(cpu), 0 /* DONE */)',
  '17 changed, ticket: SETTLED > 0 /* DONE */',
  '17 changed, ticket: SETTLED > 2 /* AGAIN */',
  '20 reached, serial order: reachedSerial(a, b + 1) > reachedSerial(b + 1, a)',
  '20 reached, condition: reachedSerial(a, b + 1) || a < b > (reachedSerial(a, b + 1)) && (a < b)',
  '20 reached, arithmetic: b + 1 > b - 1',
  '20 reached, constant: 1 > 2',
  '20 reached, constant: 1 > 0',
  '20 reached, comparison: a < b > a <= b',
  '20 reached, comparison: a < b > a >= b',
]

describe('the mutants of a file', () => {
  const mutants = mutantsOf('tiny.js', TINY, null)

  test('are the expected ones, each once', () => {
    const shown = mutants.map(
      ({ line, where, kind, original, mutated }) => `${line} ${where}, ${kind}: ${original} > ${mutated}`,
    )
    expect(shown.sort()).toEqual([...EXPECTED].sort())
    expect(new Set(mutants.map(({ key }) => key)).size).toBe(mutants.length)
    expect(new Set(mutants.map(({ text }) => text)).size).toBe(mutants.length)
  })

  test('of the shipped strategies all have a line of the source, and each strategy is reached', () => {
    const files = strategyFiles(FOLDER, strategyNames(FOLDER))
    const users = new Map(files.map(({ file, users: names }) => [file, names]))
    expect(users.get('immediate.js')).toEqual(['immediate'])
    expect(users.get('shared/gather.js')).toEqual(expect.arrayContaining(['batched', 'lazy']))
    expect(users.get('shared/round.js')).toEqual(expect.arrayContaining(['batched', 'immediate', 'lazy']))
    for (const { file, mutants: all } of files) {
      const source = readFileSync(join(ROOT, 'src/strategies', file.replace('.js', '.ts')), 'utf8').split(
        '\n',
      )
      for (const { line, original } of all) {
        const [word] = /\w+/.exec(original) ?? ['']
        expect(source[line - 1], `${file}:${line} ${original}`).toContain(word)
      }
    }
  })

  test('without a reason are asked about when they survive', () => {
    const [mutant] = mutants
    const files = [{ file: 'tiny.js', users: ['tiny'], mutants: [mutant] }]
    const results = new Map([[mutant.key, { key: mutant.key, digest: '', caught: null }]])
    expect(unexplained(files, results, new Map())).toEqual([mutant.key])
    const plan = { cases: [], profile: '', stateCount: 1, longerStateCount: 2 }
    const reasons = new Map([[mutant.key, { verdict: 'equivalent', reason: 'a test' }]] as const)
    expect(unexplained(files, results, reasons)).toEqual([])
    expect(mutationDocs(plan, files, results, reasons)).toContain('1 mutants, 1 of them equivalent')
  })
})

describe('the ladder', () => {
  let copy: PackageCopy
  beforeAll(() => {
    copy = new PackageCopy(ROOT)
  })
  afterAll(() => copy.remove())

  const climb = (mutant: Mutant) => {
    const cases = EXPLORATIONS.cases.filter(({ name }) => ['ticks', 'wrap', 'guest'].includes(name))
    const job = { strategies: ['batched'], cases, profile: 'icelake-2s64c', counts: {} }
    return copy.with(mutant.file, mutant.text, () =>
      runLadder(copy.root, { ...job, stateCount: 20_000, isLonger: true }),
    )
  }
  const find = (file: string, change: string): Mutant => {
    const text = readFileSync(join(FOLDER, file), 'utf8')
    const found = mutantsOf(file, text, null).find(({ key }) => key.includes(change))
    if (found === undefined) throw new Error(`no mutant of ${file} is ${change}`)
    return found
  }

  test('catches an acknowledgement before the flush', async () => {
    const { caught } = await climb(find('shared/round.js', 'serveOne | swapped statements'))
    expect(caught).toMatchObject({ rung: 'explore longer', strategy: 'batched' })
    expect(caught?.what).toMatch(/^I\d+$/)
  })

  test('lets pass what changes nothing: the order in which a request is written before it is told', async () => {
    const { caught } = await climb(find('shared/round.js', 'publish | swapped statements'))
    expect(caught).toBeNull()
  })

  test('catches what does not load', async () => {
    const { file } = find('shared/perOperation.js', 'flushed')
    const { caught } = await climb({ file, text: 'export default (' } as Mutant)
    expect(caught).toMatchObject({ rung: 'load', check: 'import' })
  })
})
