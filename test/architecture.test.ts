import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sources, violations } from './support/importGraph.js'

const ROOT = join(import.meta.dirname, '..')

describe('this repository', () => {
  test('imports downwards only', () => {
    expect(sources(ROOT)).toContain('src/contract/strategy.ts')
    expect(violations(ROOT)).toEqual([])
  })
})

/** A sound tree with one file on each floor, imported in each of the ways that exist. */
const SOUND: Record<string, string> = {
  'src/contract/ticket.ts': `export type Ticket = number\nexport const DONE: Ticket = 0\n`,
  'src/contract/port.ts': `import type { Ticket } from './ticket.js'\nexport type Port = Ticket\n`,
  'src/stats/median.ts': `export const median = 0\n`,
  'src/records/reader.ts': `import { DONE } from '../contract/ticket.js'\nexport const reader = DONE\n`,
  'src/machine/tlb.ts': `import { z } from 'zod'\nimport { DONE } from '../contract/ticket.js'\nexport const tlb = [z, DONE]\n`,
  'src/pagetable/entry.ts': `import {\n  tlb, // a comment\n} from '../machine/tlb.js'\nexport const entry = tlb\n`,
  'src/strategies/linux.ts': `import { round } from './shared/round.js'\nexport default round\n`,
  'src/strategies/lazy.ts': `export default 1\n`,
  'src/strategies/shared/round.ts': `import { DONE } from '../../contract/ticket.js'\nexport const round = DONE\n`,
  'src/workloads/storm.ts': `import type { Port } from '../contract/port.js'\nexport default {} as Port\n`,
  'src/workloads/fork.ts': `export default 1\n`,
  'src/oracle/check.ts': `import { entry } from '../pagetable/entry.js'\nexport const check = entry\n`,
  'src/engines/engine.ts': `import { check } from '../oracle/check.js'\nexport const engine = check\n`,
  'src/engines/sim/run.ts': `import { engine } from '../engine.js'\nexport const run = engine\n`,
  'src/engines/threads/run.ts': `export const worker = new URL('./worker.js', import.meta.url)\n`,
  'src/engines/threads/worker.ts': `import '../engine.js'\n`,
  'src/engines/explore/search.ts': `import { engine } from '../engine.js'\nexport const search = engine\n`,
  'src/registry.ts': `export const load = () => import('./strategies/linux.js')\n`,
  'src/harness/job.ts': `import { run } from '../engines/sim/run.js'\nimport { page } from '../report/page.js'\nexport const job = [run, page]\n`,
  'src/gate/verdict.ts': `export { job } from '../harness/job.js'\n`,
  'src/report/page.ts': `import { reader } from '../records/reader.js'\nexport const page = reader\n`,
  'src/testing/defects/hasty.ts': `import linux from '../../strategies/linux.js'\nexport default linux\n`,
  'bench/suites.ts': `export const suites = 1\n`,
  'bench/matrix.ts': `import { load } from '../src/registry.js'\nexport const matrix = load\n`,
  'scripts/bench.ts': `import { writeFileSync } from 'node:fs'\nimport { matrix } from '../bench/matrix.js'\nwriteFileSync('x', String(matrix))\n`,
}

/** Each row plants one file into the sound tree: what it breaks, where it stands, its text, the one line that must be reported. */
const PLANTED: [breaks: string, file: string, text: string, line: string][] = [
  [
    'contract imports nothing outside of it',
    'src/contract/bad.ts',
    `import { median } from '../stats/median.js'`,
    'imports ../stats/median.js: outside of itself, contract may import nothing',
  ],
  [
    'contract imports no node: module',
    'src/contract/bad.ts',
    `import 'node:fs'`,
    'imports node:fs: contract may import no packages',
  ],
  [
    'stats and records are neighbours',
    'src/stats/bad.ts',
    `import { reader } from '../records/reader.js'`,
    'imports ../records/reader.js: stats and records are neighbours on one floor',
  ],
  [
    'machine does not import pagetable',
    'src/machine/bad.ts',
    `import { entry } from '../pagetable/entry.js'`,
    'imports ../pagetable/entry.js: upwards, from machine to pagetable',
  ],
  [
    'a type is an import',
    'src/machine/bad.ts',
    `import type { Entry } from '../pagetable/entry.js'`,
    'imports ../pagetable/entry.js: upwards, from machine to pagetable',
  ],
  [
    'an inline type is an import',
    'src/machine/bad.ts',
    `export type Entry = import('../pagetable/entry.js').Entry`,
    'imports ../pagetable/entry.js: upwards, from machine to pagetable',
  ],
  [
    'a dynamic import is an import',
    'src/machine/bad.ts',
    `export const late = () => import('../pagetable/entry.js')`,
    'imports ../pagetable/entry.js: upwards, from machine to pagetable',
  ],
  [
    'a worker file is an import',
    'src/machine/bad.ts',
    `export const url = new URL('../engines/threads/worker.js', import.meta.url)`,
    'imports ../engines/threads/worker.js: upwards, from machine to engines',
  ],
  [
    'a re-export is an import',
    'src/machine/bad.ts',
    `export { entry } from '../pagetable/entry.js'`,
    'imports ../pagetable/entry.js: upwards, from machine to pagetable',
  ],
  [
    'an import over several lines, with comments, is an import',
    'src/machine/bad.ts',
    `import {\n  // it's the entry\n  entry,\n} from '../pagetable/entry.js'`,
    'imports ../pagetable/entry.js: upwards, from machine to pagetable',
  ],
  [
    'an import for its effect is an import',
    'src/machine/bad.ts',
    `import '../pagetable/entry.js'`,
    'imports ../pagetable/entry.js: upwards, from machine to pagetable',
  ],
  [
    'pagetable does not import strategies',
    'src/pagetable/bad.ts',
    `import linux from '../strategies/linux.js'`,
    'imports ../strategies/linux.js: pagetable and strategies are neighbours on one floor',
  ],
  [
    'pagetable does not import workloads',
    'src/pagetable/bad.ts',
    `import storm from '../workloads/storm.js'`,
    'imports ../workloads/storm.js: pagetable and workloads are neighbours on one floor',
  ],
  [
    'a strategy does not import the machine',
    'src/strategies/bad.ts',
    `import { tlb } from '../machine/tlb.js'`,
    'imports ../machine/tlb.js: outside of itself, strategies may import contract',
  ],
  [
    'a strategy imports no node: module',
    'src/strategies/bad.ts',
    `export const late = () => import('node:fs')`,
    'imports node:fs: strategies may import no packages',
  ],
  [
    'a strategy does not import another',
    'src/strategies/bad.ts',
    `import lazy from './lazy.js'`,
    'imports ./lazy.js: strategies import each other through shared/ only',
  ],
  [
    'what strategies share imports no strategy',
    'src/strategies/shared/bad.ts',
    `import lazy from '../lazy.js'`,
    'imports ../lazy.js: strategies import each other through shared/ only',
  ],
  [
    'a workload does not import the page table',
    'src/workloads/bad.ts',
    `import { entry } from '../pagetable/entry.js'`,
    'imports ../pagetable/entry.js: outside of itself, workloads may import contract',
  ],
  [
    'a workload does not import another',
    'src/workloads/bad.ts',
    `import fork from './fork.js'`,
    'imports ./fork.js: workloads import each other through shared/ only',
  ],
  [
    'the oracle does not import engines',
    'src/oracle/bad.ts',
    `import { engine } from '../engines/engine.js'`,
    'imports ../engines/engine.js: upwards, from oracle to engines',
  ],
  [
    'engines do not import the harness',
    'src/engines/bad.ts',
    `import { job } from '../harness/job.js'`,
    'imports ../harness/job.js: upwards, from engines to harness',
  ],
  [
    'engines do not import the registry',
    'src/engines/bad.ts',
    `import { load } from '../registry.js'`,
    'imports ../registry.js: upwards, from engines to registry',
  ],
  [
    'engines of different folders do not import each other',
    'src/engines/sim/bad.ts',
    `import { worker } from '../threads/run.js'`,
    'imports ../threads/run.js: what engines share stands in src/engines itself',
  ],
  [
    'what is measured does not depend on the explorer',
    'src/engines/sim/bad.ts',
    `import { search } from '../explore/search.js'`,
    'imports ../explore/search.js: what engines share stands in src/engines itself',
  ],
  [
    'the explorer does not depend on what is measured',
    'src/engines/explore/bad.ts',
    `import { run } from '../sim/run.js'`,
    'imports ../sim/run.js: what engines share stands in src/engines itself',
  ],
  [
    'what engines share imports no engine',
    'src/engines/bad.ts',
    `import { worker } from './threads/run.js'`,
    'imports ./threads/run.js: what engines share stands in src/engines itself',
  ],
  [
    'the registry does not import bench',
    'src/registry.ts',
    `import { suites } from '../bench/suites.js'`,
    'imports ../bench/suites.js: upwards, from registry to bench',
  ],
  [
    'report never imports engines',
    'src/report/bad.ts',
    `import { engine } from '../engines/engine.js'`,
    'imports ../engines/engine.js: report never imports engines',
  ],
  [
    'report does not import the harness, types included',
    'src/report/bad.ts',
    `import type { Job } from '../harness/job.js'`,
    'imports ../harness/job.js: report and harness are neighbours on one floor',
  ],
  [
    'report does not import the registry',
    'src/report/bad.ts',
    `import { load } from '../registry.js'`,
    'imports ../registry.js: report and registry are neighbours on one floor',
  ],
  [
    'the harness does not import bench',
    'src/harness/bad.ts',
    `import { matrix } from '../../bench/matrix.js'`,
    'imports ../../bench/matrix.js: upwards, from harness to bench',
  ],
  [
    'bench does not import scripts',
    'bench/bad.ts',
    `import '../scripts/bench.js'`,
    'imports ../scripts/bench.js: bench and scripts are neighbours on one floor',
  ],
  [
    'engines do not import planted defects',
    'src/engines/bad.ts',
    `import hasty from '../testing/defects/hasty.js'`,
    'imports ../testing/defects/hasty.js: upwards, from engines to testing',
  ],
  [
    'every imported file exists',
    'src/engines/bad.ts',
    `export const url = new URL('./gone.js', import.meta.url)`,
    'imports ./gone.js: no such file',
  ],
  ['a new folder gets a floor', 'src/misc/bad.ts', `export const misc = 1`, 'stands on no floor'],
  ['no barrels', 'src/machine/bad.ts', `export * from './tlb.js'`, 'export * hides where a name comes from'],
  ['no long files', 'src/machine/bad.ts', '// line\n'.repeat(301), '301 lines, more than 300'],
]

describe('the checker', () => {
  test('accepts a sound tree, with a file of just the longest length', () => {
    expect(check({ ...SOUND, 'src/machine/long.ts': '// line\n'.repeat(300) })).toEqual([])
  })

  test.each(PLANTED)('rejects: %s', (_breaks, file, text, line) => {
    expect(check({ ...SOUND, [file]: text })).toEqual([`${file}: ${line}`])
  })

  test('rejects a cycle, types included', () => {
    const planted = {
      'src/machine/a.ts': `import { b } from './b.js'\nexport const a = b\n`,
      'src/machine/b.ts': `import type { C } from './c.js'\nexport const b: C = 1\n`,
      'src/machine/c.ts': `import type { a } from './a.js'\nexport type C = typeof a\n`,
    }
    expect(check({ ...SOUND, ...planted })).toEqual([
      'cycle: src/machine/a.ts > src/machine/b.ts > src/machine/c.ts > src/machine/a.ts',
    ])
  })
})

function check(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'shootdown-architecture-'))
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    return violations(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}
