import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** What must pass: the linter is not to be red for any other reason than the planted line. */
const CLEAN: Record<string, string> = {
  'src/contract/ticket.ts': `export const DONE = 0\n`,
  'src/strategies/clean.ts': `import { DONE } from '../contract/ticket.js'\nexport default Math.max(DONE, 1)\n`,
  'src/workloads/clean.ts': `import { DONE } from '../contract/ticket.js'\nexport default Math.max(DONE, 1)\n`,
  // Shared words and exact arithmetic are the machine's own business.
  'src/machine/clean.ts': `import { createHash } from 'node:crypto'
export const words = new Int32Array(new SharedArrayBuffer(64))
export const first = Atomics.load(words, 0) + Math.imul(3, 5) + Math.sqrt(4) + Math.floor(1.5)
export const hash = createHash('sha256')
`,
  'src/engines/threads/clean.ts': `export const now = (): number => performance.now()\n`,
  'src/stats/clean.ts': `export const logarithm = Math.log(2)\n`,
}

type Planted = [what: string, line: string, rule: string]

const GLOBAL = 'eslint(no-restricted-globals)'
const PROPERTY = 'eslint(no-restricted-properties)'
const IMPORT = 'eslint(no-restricted-imports)'

/** Forbidden in everything that decides simulated results. */
const NOT_REPRODUCIBLE: Planted[] = [
  ['Math.random', 'export const planted = Math.random()', PROPERTY],
  ['Math.random, taken out of Math', 'const { random } = Math\nexport const planted = random()', PROPERTY],
  ['Math.random, by string', `export const planted = Math['random']()`, PROPERTY],
  ['Math.random, by globalThis', 'export const planted = globalThis.Math.random()', GLOBAL],
  ['Math.log', 'export const planted = Math.log(2)', PROPERTY],
  ['Math.exp', 'export const planted = Math.exp(2)', PROPERTY],
  ['Math.pow', 'export const planted = Math.pow(2, 0.5)', PROPERTY],
  ['Math.sin', 'export const planted = Math.sin(2)', PROPERTY],
  ['performance', 'export const planted = performance.now()', GLOBAL],
  ['Date', 'export const planted = Date.now()', GLOBAL],
  ['new Date', 'export const planted = new Date()', GLOBAL],
  ['process', 'export const planted = process.hrtime.bigint()', GLOBAL],
  ['crypto', 'export const planted = crypto.randomUUID()', GLOBAL],
  ['setTimeout', 'export const planted = setTimeout(() => {}, 1)', GLOBAL],
  ['setInterval', 'export const planted = setInterval(() => {}, 1)', GLOBAL],
  ['setImmediate', 'export const planted = setImmediate(() => {})', GLOBAL],
  ['node:perf_hooks', `export { performance as planted } from 'node:perf_hooks'`, IMPORT],
  ['perf_hooks', `import { performance } from 'perf_hooks'\nexport const planted = performance`, IMPORT],
  [
    'node:timers/promises',
    `import { setTimeout } from 'node:timers/promises'\nexport const planted = setTimeout`,
    IMPORT,
  ],
  ['node:process', `import { hrtime } from 'node:process'\nexport const planted = hrtime`, IMPORT],
  ['node:os', `import { cpus } from 'node:os'\nexport const planted = cpus`, IMPORT],
  [
    'random numbers of node:crypto',
    `import { randomInt } from 'node:crypto'\nexport const planted = randomInt`,
    IMPORT,
  ],
]

/** Forbidden besides in what sees the port or the tape writer only. */
const NOT_THROUGH_THE_PORT: Planted[] = [
  ['Atomics', 'export const planted = Atomics.load(new Int32Array(1), 0)', GLOBAL],
  ['SharedArrayBuffer', 'export const planted = new SharedArrayBuffer(64)', GLOBAL],
  ['queueMicrotask', 'queueMicrotask(() => {})', GLOBAL],
  ['Promise', 'export const planted = Promise.resolve(1)', GLOBAL],
  ['console', `console.error('planted')`, GLOBAL],
  ['any node: module', `import { readFileSync } from 'node:fs'\nexport const planted = readFileSync`, IMPORT],
  ['any package', `import { z } from 'zod'\nexport const planted = z`, IMPORT],
]

/** Forbidden everywhere. */
const ANYWHERE: Planted[] = [
  ['Math.random', 'export const planted = Math.random()', PROPERTY],
  [
    'a floating promise',
    `async function later(): Promise<void> {}\nexport function planted(): void {\n  later()\n}`,
    'typescript(no-floating-promises)',
  ],
  [
    'a promise where a boolean is meant',
    `async function ready(): Promise<boolean> {\n  return true\n}\nexport const planted = ready() ? 1 : 2`,
    'typescript(no-misused-promises)',
  ],
  ['any', 'export const planted: any = 1', 'typescript(no-explicit-any)'],
  [
    'a forgotten case',
    `export function planted(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1\n  }\n  return 2\n}`,
    'typescript(switch-exhaustiveness-check)',
  ],
  ['a loose comparison', 'export const planted = (a: unknown): boolean => a == 1', 'eslint(eqeqeq)'],
  [
    'throwing what is no error',
    `export function planted(): never {\n  throw 'text'\n}`,
    'typescript(only-throw-error)',
  ],
  ['a needless disable comment', `// oxlint-disable-next-line eqeqeq\nexport const planted = 1`, ''],
]

const PLANTED = [
  ...plant('src/strategies', [...NOT_REPRODUCIBLE, ...NOT_THROUGH_THE_PORT]),
  ...plant('src/strategies/shared', NOT_THROUGH_THE_PORT),
  ...plant('src/workloads', [...NOT_REPRODUCIBLE, ...NOT_THROUGH_THE_PORT]),
  ...plant('src/contract', [...NOT_REPRODUCIBLE, ...NOT_THROUGH_THE_PORT]),
  ...plant('src/machine', NOT_REPRODUCIBLE),
  ...plant('src/pagetable', NOT_REPRODUCIBLE),
  ...plant('src/oracle', NOT_REPRODUCIBLE),
  ...plant('src/engines/sim', NOT_REPRODUCIBLE),
  ...plant('src/engines/explore', NOT_REPRODUCIBLE),
  ...plant('src/engines/threads', ANYWHERE),
  ...plant('src/harness', ANYWHERE),
  ...plant('scripts', ANYWHERE),
  {
    what: 'a test that hides all others',
    file: 'test/planted.test.ts',
    text: `import { expect, test } from 'vitest'\ntest.only('planted', () => expect(1).toBe(1))\n`,
    rule: 'vitest(no-focused-tests)',
  },
]

/** Types count: a cycle of types is two files that can only be understood together. */
const CYCLE: Record<string, string> = {
  'src/harness/cycleA.ts': `import { b } from './cycleB.js'\nexport const a = b\n`,
  'src/harness/cycleB.ts': `import type { A } from './cycleC.js'\nexport const b = 1 as A\n`,
  'src/harness/cycleC.ts': `import type { a } from './cycleA.js'\nexport type A = typeof a\n`,
}

function plant(
  folder: string,
  rows: Planted[],
): { what: string; file: string; text: string; rule: string }[] {
  return rows.map(([what, line, rule], index) => ({
    what,
    file: `${folder}/planted${index}.ts`,
    text: `${line}\n`,
    rule,
  }))
}

describe('the linter', () => {
  test('passes clean files, and has looked at them', () => {
    const result = lint(CLEAN)
    expect(result.rulesByFile).toEqual({})
    expect(result.files).toBe(Object.keys(CLEAN).length)
    expect(result.exitCode).toBe(0)
  })

  test('fails on a cycle, types included', () => {
    const result = lint({ ...CLEAN, ...CYCLE })
    expect(result.rulesByFile).toEqual(
      Object.fromEntries(Object.keys(CYCLE).map((file) => [file, ['import(no-cycle)']])),
    )
    expect(result.exitCode).toBe(1)
  })

  test('fails on a single planted line', () => {
    const result = lint({ ...CLEAN, 'src/strategies/planted.ts': 'export const planted = Atomics\n' })
    expect(result.rulesByFile).toEqual({ 'src/strategies/planted.ts': [GLOBAL] })
    expect(result.exitCode).toBe(1)
  })

  describe('reports', () => {
    // One run over all of them: a run each would take half a minute.
    let result: LintResult
    beforeAll(() => {
      const planted = PLANTED.map(({ file, text }) => [file, text] as const)
      result = lint({ ...CLEAN, ...Object.fromEntries(planted) })
    })

    test.each(PLANTED)('$what in $file', ({ file, rule }) => {
      expect(result.rulesByFile[file]).toContain(rule)
    })

    test('nothing in the clean files among them', () => {
      expect(Object.keys(CLEAN).filter((file) => file in result.rulesByFile)).toEqual([])
    })
  })
})

interface LintResult {
  exitCode: number | null
  files: number
  rulesByFile: Record<string, string[]>
}

/** Runs the linter, with this repository's configuration, on a tree of its own. */
function lint(files: Record<string, string>): LintResult {
  const root = mkdtempSync(join(tmpdir(), 'shootdown-lint-'))
  try {
    for (const name of ['.oxlintrc.json', 'tsconfig.json']) cpSync(join(ROOT, name), join(root, name))
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    // Named folders: the linter would follow the link into node_modules.
    const folders = [...new Set(Object.keys(files).map((file) => file.split('/')[0]))]
    const run = spawnSync('node_modules/.bin/oxlint', ['--format=json', ...folders], {
      cwd: root,
      encoding: 'utf8',
    })
    return { exitCode: run.status, ...parse(run.stdout) }
  } finally {
    rmSync(root, { recursive: true })
  }
}

function parse(json: string): Pick<LintResult, 'files' | 'rulesByFile'> {
  const output = JSON.parse(json) as {
    number_of_files: number
    diagnostics: { filename: string; code?: string }[]
  }
  const rulesByFile: Record<string, string[]> = {}
  for (const { filename, code } of output.diagnostics) (rulesByFile[filename] ??= []).push(code ?? '')
  return { files: output.number_of_files, rulesByFile }
}
