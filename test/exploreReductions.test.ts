import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { Port } from '../dist/src/contract/port.js'
import type { Ticket } from '../dist/src/contract/ticket.js'
import { isReduced, type ExploreCase } from '../dist/src/engines/explore/exploreCase.js'
import { Immediate } from '../dist/src/strategies/immediate.js'
import { exploreFully, fixture, planOf, planted, shipped, verdictOf } from './support/explorePlan.js'
import { OWN_STRATEGIES, ROOT } from './support/runCell.js'

const SMALL: Partial<ExploreCase> = { operationCount: 2, tickCount: 1, alphabet: ['advise', 'touch'] }
const HOOKS: Partial<ExploreCase> = { ...SMALL, operationCount: 1, preemption: 'hooks' }

/** Each in a case that shows it: where nothing is found, nothing is compared. */
const DEFECTS: [string, Partial<ExploreCase>][] = [
  ['never-flush', SMALL],
  ['no-wait', SMALL],
  ['skips-self', SMALL],
  ['settles-first', SMALL],
  ['settles-first-batched', SMALL],
  ['revoke-is-relaxed', { ...SMALL, alphabet: ['protect', 'unprotect'] }],
  ['loses-last-page', { ...SMALL, alphabet: ['adviseAll', 'touch'], pageCount: 2, frameCount: 2 }],
  ['ignores-foreign-owners', { ...SMALL, alphabet: ['batch', 'advise', 'touch'], frameCount: 2 }],
  ['acknowledges-first', { ...HOOKS, alphabet: ['advise'], operationCount: 2, pageCount: 2, frameCount: 2 }],
  ['wakes-past-request', { ...HOOKS, alphabet: ['advise', 'idle'] }],
  ['asks-then-leaves-flush', { ...HOOKS, alphabet: ['advise', 'preempt'] }],
]
/** What these need gives CPUs something of their own, or their strategies do not say that all are alike. */
const OTHER_DEFECTS: [string, Partial<ExploreCase>][] = [
  ['leaves-before-load', { ...HOOKS, alphabet: ['advise', 'switch'] }],
  ['activates-then-publishes', { ...HOOKS, alphabet: ['advise', 'switch'], operationCount: 2 }],
  [
    'idle-skipped-for-tables',
    {
      ...SMALL,
      alphabet: ['remap', 'populate', 'idle'],
      operationCount: 3,
      frameCount: 3,
      freesTables: true,
    },
  ],
  ['keeps-tag', { ...SMALL, alphabet: ['advise', 'touch', 'switch'] }],
]
const BROKEN_FIXTURES: [string, Partial<ExploreCase>][] = [
  ['never-flush', SMALL],
  ['early-settle', SMALL],
  ['clear-before-flush', { ...SMALL, pageCount: 2, frameCount: 2 }],
  ['stuck', SMALL],
]
const RIGHT_FIXTURES = ['tickets', 'spurious']

describe('late fills give the verdict of fills at any time', () => {
  const agree = (module: StrategyModule, given: Partial<ExploreCase>) => {
    const parameters = { ring: 1, gap: 1 }
    const late = verdictOf(planOf(module, given, parameters))
    const anytime = verdictOf(planOf(module, { ...given, fills: 'anytime' }, parameters))
    // Which of two broken invariants comes first depends on the order of the search.
    expect(late === 'complete').toBe(anytime === 'complete')
    return late
  }
  const FOUND = /^I\d+$/

  test.each(OWN_STRATEGIES)('%s', async (name) => {
    expect(agree(await shipped(name), SMALL)).toBe('complete')
    expect(agree(await shipped(name), HOOKS)).toBe('complete')
    expect(agree(await shipped(name), { ...SMALL, alphabet: ['advise', 'switch'] })).toBe('complete')
    expect(agree(await shipped(name), { ...SMALL, alphabet: ['advise', 'idle'] })).toBe('complete')
  })

  test('kvm-preempted', async () => {
    const module = await shipped('kvm-preempted')
    expect(agree(module, { ...SMALL, alphabet: ['advise', 'touch', 'preempt'] })).toBe('complete')
    expect(agree(module, { ...HOOKS, alphabet: ['advise', 'preempt'] })).toBe('complete')
  })

  test.each([...DEFECTS, ...OTHER_DEFECTS])('planted: %s', async (name, given) => {
    expect(agree(await planted(name), given)).toMatch(FOUND)
  })

  test.each(BROKEN_FIXTURES)('fixture: %s', async (name, given) => {
    expect(agree(await fixture(name), given)).toMatch(FOUND)
  })

  test.each(RIGHT_FIXTURES)('fixture: %s, which is right', async (name) => {
    expect(agree(await fixture(name), SMALL)).toBe('complete')
  })
})

describe('taking idle CPUs for one another', () => {
  const both = (module: StrategyModule, given: Partial<ExploreCase>) =>
    [true, false].map((usesSymmetry) => exploreFully(planOf(module, { ...given, usesSymmetry }, { ring: 1 })))

  test.each(OWN_STRATEGIES)('%s: the same verdict from fewer states', async (name) => {
    for (const given of [SMALL, HOOKS, { ...SMALL, operationCount: 1, cpuCount: 3, spuriousCount: 1 }]) {
      const [reduced, full] = both(await shipped(name), given)
      expect([reduced.end, full.end]).toEqual(['complete', 'complete'])
      expect(reduced.states).toBeLessThan(full.states)
    }
  })

  test.each(DEFECTS)('planted: %s', async (name, given) => {
    const module = await planted(name)
    const plan = planOf(module, { ...given, usesSymmetry: true })
    // Otherwise both are the same search.
    expect(isReduced(plan.case, module.assumes(plan.parameters).symmetric === true)).toBe(true)
    const [reduced, full] = both(module, given)
    expect([reduced.end, full.end]).toEqual(['finding', 'finding'])
  })

  test('is not done where CPUs differ, or where the order of their numbers can be seen', async () => {
    const module = await shipped('immediate')
    for (const given of [
      { alphabet: ['remap'] as const },
      { cpuCount: 3, preemption: 'hooks' as const, alphabet: ['advise'] as const },
    ]) {
      const [reduced, full] = both(module, given)
      expect(reduced.states).toBe(full.states)
    }
  })

  test('hides the defect of a strategy that says so and is not', async () => {
    const immediate = await shipped('immediate')
    /** CPU 1 never tells anybody. */
    class Lopsided extends Immediate {
      protected override startRound(
        cpu: Port,
        space: number,
        first: number,
        pages: number,
        stride: number,
      ): Ticket {
        return cpu.id === 1 ? this.flushed(cpu) : super.startRound(cpu, space, first, pages, stride)
      }
    }
    const module: StrategyModule = { ...immediate, create: (host) => new Lopsided(host) }
    // There is one page: who begins first is the only one to change it.
    const [reduced, full] = both(module, { alphabet: ['advise'] })
    expect([reduced.finding, full.finding?.invariant]).toEqual([null, 'I11'])
  })
})

describe('a strategy that is made anew before every hook', () => {
  test.each(OWN_STRATEGIES)('%s: the same states, so nothing is kept outside of words', async (name) => {
    const module = await shipped(name)
    const anew: StrategyModule = {
      ...module,
      create: (host) => {
        const fresh = module.create(host)
        return new Proxy(fresh, {
          get: (_, hook) => {
            const strategy = module.create(host) as unknown as Record<PropertyKey, unknown>
            const value = strategy[hook]
            return typeof value === 'function' ? value.bind(strategy) : value
          },
        })
      },
    }
    for (const given of [SMALL, HOOKS]) {
      const [kept, made] = [module, anew].map((each) => exploreFully(planOf(each, given, { ring: 1 })))
      expect([made.states, made.transitions, made.end]).toEqual([kept.states, kept.transitions, 'complete'])
    }
  })
})

/** As privateWords.ts, but what nobody reads again becomes garbage instead of 0. */
const GARBAGE = `
import * as P from '../../pagetable/position.js'
const GARBAGE = 0x5a5a5a5a
export function forgetDeadWords(p, log, demand) {
  for (const array of [demand.owners, demand.serials, demand.tags, demand.spaces]) array.fill(GARBAGE)
  p[P.HELD_PEAK] = GARBAGE
  p.fill(GARBAGE, P.FRAMES_AT + p[P.DEPTH] * P.FRAME_SIZE, P.POSITION_WORDS)
  if (p[P.DEPTH] === 0 && p[P.OPERATION_DEPTH] === 0) {
    const live = [P.CPU_IDLE, P.CPU_PREEMPTED, P.IN_KERNEL, P.DEPTH, P.TICKET, P.SPACE, P.OPERATION_DEPTH, P.OPERATION_ID, P.INTERRUPTS_OFF, P.WALK_TABLE]
    for (let word = 0; word < P.FRAMES_AT; word++) if (!live.includes(word)) p[word] = GARBAGE
    log.fill(GARBAGE)
    return
  }
  log.fill(GARBAGE, p[P.LOG_COUNT] * P.LOG_WORDS)
}
`

describe('words that are cleared because nobody reads them again', () => {
  test('can be anything: with garbage in them the same states are seen', () => {
    const root = mkdtempSync(join(tmpdir(), 'shootdown-dead-words-'))
    try {
      cpSync(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true })
      cpSync(join(ROOT, 'src/machine/profiles'), join(root, 'src/machine/profiles'), { recursive: true })
      cpSync(join(ROOT, 'package.json'), join(root, 'package.json'))
      symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
      writeFileSync(join(root, 'dist/src/engines/explore/privateWords.js'), GARBAGE)
      const [clean, scrambled] = [ROOT, root].map((cwd) => {
        const few = [
          '--case',
          'protect,batch,remap,guest,idle,preempt',
          '--operations',
          '1',
          '--format',
          'csv',
        ]
        const args = ['--strategy', OWN_STRATEGIES.join(','), ...few]
        const run = spawnSync(process.execPath, ['dist/scripts/explore.js', ...args], {
          cwd,
          encoding: 'utf8',
        })
        // Without the seconds.
        return run.stdout.split('\n').map((line) => line.split(',').toSpliced(7, 1).join())
      })
      expect(scrambled).toEqual(clean)
      expect(clean.filter((line) => line.endsWith(',complete')).length).toBe(OWN_STRATEGIES.length * 6)
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
