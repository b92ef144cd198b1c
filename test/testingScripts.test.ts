import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OBLIGATION_NAMES } from '../dist/src/contract/obligation.js'
import type { Strategy, StrategyModule } from '../dist/src/contract/strategy.js'
import { INSTRUCTION_WORDS, TAPE_NAMES } from '../dist/src/contract/tape.js'
import { simScript } from '../dist/src/testing/runScript.js'
import { cpuCountOf, stepCountOf, type Script } from '../dist/src/testing/script.js'
import { scriptOf, seededScript } from '../dist/src/testing/scriptOf.js'
import { aloneOf, comparableOf } from '../dist/src/testing/scriptParts.js'
import { tapesOfScript } from '../dist/src/testing/scriptTapes.js'
import { formatScript, parseScript } from '../dist/src/testing/scriptText.js'
import { shrinkScript } from '../dist/src/testing/shrinkScript.js'
import { loadSubjects } from '../dist/src/testing/subject.js'
import { scripts } from './support/scriptArbitrary.js'

const FRAMES = 4096
const seeds = Array.from({ length: 400 }, (_, seed) => seed)

describe('every script is legal', () => {
  test('the tape writer accepts those of seeds, alone and made comparable', () => {
    for (const seed of seeds) {
      const script = seededScript(seed)
      for (const one of [script, aloneOf(script), comparableOf(script, 2)])
        expect(tapesOfScript(one, FRAMES, 'threads').tapes).toHaveLength(cpuCountOf(one))
    }
  })

  test('and those of fast-check, in every way it may shrink them', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        expect(tapesOfScript(script, FRAMES, 'threads').tapes).toHaveLength(cpuCountOf(script))
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  test('a seed has one script, and another seed another', () => {
    expect(seededScript(7)).toEqual(scriptOf('7'))
    expect(new Set(seeds.map((seed) => formatScript(seededScript(seed)))).size).toBe(seeds.length)
    expect(tapesOfScript(seededScript(7), FRAMES, 'threads').hash).toBe(
      tapesOfScript(seededScript(7), FRAMES, 'threads').hash,
    )
  })
})

describe('as text', () => {
  test('a script comes back as it was, as one word of a shell', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const text = formatScript(script)
        expect(text).toMatch(/^[\w.,:/-]+$/)
        expect(parseScript(text)).toEqual(script)
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  test.each([
    ['', "begins with ''"],
    ['1.0.0.0/', 'is no mapping'],
    ['1.0.0.0/4xw0.0/i:', 'is no mapping'],
    ['1.0.0.0/0sw0.0/i:', 'pages: 0 is outside'],
    ['1.0.0.0/4sw0.0', 'initiators: 0'],
    ['9.0.0.0/4sw0.0/i:', 'spaces: 9'],
    ['1.64.0.0/4sw0.0/i:', 'CPUs: 65'],
    ['1.0.0.0/4sw0.0/i:w0.0.0.0', 'too many numbers'],
    ['1.0.0.0/4sw0.0/i:w99', 'write: 99 is outside'],
    ['1.0.0.0/4sw0.0/x:w', 'is no CPU'],
    ['1.0.0.0/4sw0.0/i:W', 'is no step'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseScript(text)).toThrow(reason)
  })
})

/** Names of the instructions on all tapes of a script. */
function instructionsOf(script: Script): string[] {
  return tapesOfScript(script, FRAMES, 'threads').tapes.flatMap(({ instructions }) =>
    [...instructions]
      .filter((_, index) => index % INSTRUCTION_WORDS === 0)
      .map((word) => TAPE_NAMES[word & 0xff]),
  )
}

describe('together they reach what there is', () => {
  /** Numbers that are kept free, and what a strategy with a deadline cannot keep its promise under. */
  const NOT_DRAWN = ['deviceAccess', 'tickless']

  test('every instruction but the loop, every number of CPUs, every role', () => {
    const drawn = seeds.map((seed) => seededScript(seed))
    const seen = new Set(drawn.flatMap(instructionsOf))
    expect(TAPE_NAMES.filter((name) => !seen.has(name))).toEqual(['loop', 'loopEnd', ...NOT_DRAWN])
    expect(new Set(drawn.map(cpuCountOf))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]))
    expect(new Set(drawn.map(({ spaces }) => spaces))).toEqual(new Set([1, 2, 3]))
    expect(drawn.some(({ readers, initiators }) => readers.length > 2 && initiators.length > 2)).toBe(true)
    expect(drawn.some(({ bystanders }) => bystanders > 0)).toBe(true)
  })

  test('demands for frames, addresses and exposure; crowded operations; ranges above the ceiling', async () => {
    const [lazy] = await loadSubjects('lazy')
    const seen = new Map<string, number>()
    const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
    const module: StrategyModule = {
      ...lazy.module,
      create: (host) => {
        const strategy: Strategy = lazy.module.create(host)
        const finished = strategy.finished.bind(strategy)
        const demanded = strategy.demanded.bind(strategy)
        strategy.finished = (cpu, operation) => {
          if (operation.crowded) note('crowded')
          if (operation.pageCount > 33) note('large')
          return finished(cpu, operation)
        }
        strategy.demanded = (cpu, demand) => {
          note(OBLIGATION_NAMES[31 - Math.clz32(demand.obligation)])
          return demanded(cpu, demand)
        }
        return strategy
      },
    }
    for (const seed of seeds.slice(0, 200))
      expect(simScript(lazy, seededScript(seed), { module }).faults).toEqual([])
    for (const what of ['crowded', 'large', 'frameReuse', 'vaReuse'])
      expect(seen.get(what) ?? 0, what).toBeGreaterThan(5)
  })
})

describe('made smaller', () => {
  test('what is not needed goes, and what is needed stays', async () => {
    const isNeeded = (script: Script) => {
      const names = instructionsOf(script)
      return names.includes('adviseAway') && names.includes('batchBegin')
    }
    const large = seeds.map((seed) => seededScript(seed)).filter(isNeeded)
    expect(large.length).toBeGreaterThan(50)
    for (const script of large.slice(0, 5)) {
      const small = await shrinkScript(
        script,
        (smaller) => Promise.resolve(isNeeded(smaller)),
        () => false,
      )
      expect(isNeeded(small)).toBe(true)
      expect(stepCountOf(small)).toBeLessThanOrEqual(3)
      expect(formatScript(small).length).toBeLessThan(60)
    }
  })
})
