import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WALL_CLOCK } from '../dist/bench/gate.js'
import { CERTIFICATION_COLUMNS } from '../dist/src/records/certificationColumns.js'
import { CALIBRATED_CELL, isInjected } from '../dist/src/gate/injection.js'
import { machineClass } from '../dist/src/gate/machineClass.js'
import { type Environment, readEnvironment } from '../dist/src/harness/environment.js'
import { SAMPLE_COLUMNS } from '../dist/src/records/sampleColumns.js'
import { CERTIFIED } from './support/certificationRow.js'
import { usageLines } from './support/refused.js'
import { ROOT, start } from './support/steeredBench.js'
import { ONE_CELL, StubRepository } from './support/stubRepository.js'

const HERE = readEnvironment()
const OTHER_CPU: Environment = { ...HERE, cpu_model: 'Other CPU 9000' }
const OTHER_NODE: Environment = { ...HERE, node: 'v99.0.0' }

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'shootdown-refusals-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** In a folder that is no repository: what is refused here is refused before anything is built. */
async function refusal(args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const ended = await start(join(ROOT, 'dist', 'scripts', 'gate.js'), [...args], folder).ended
  return { code: ended.code, text: usageLines(ended).join('\n') }
}

/** One after the other. */
const says = (...words: string[]) =>
  expect.stringMatching(
    new RegExp(words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('[^]*')),
  )

const PLAN = {
  seed: 1,
  profile: 'icelake-2s64c',
  profile_hash: '0',
  fault: 'none',
  repetitions: { sim: 1, threads: 1 },
  cells: [],
  modules: {},
}

const header = (columns: readonly { name: string }[]) => columns.map(({ name }) => name).join(',')

describe('a stored result is no base', () => {
  /** None: as it should be. */
  interface Stored {
    environment?: Environment
    runJson?: object
    samples?: string | null
  }

  function stored({ environment = HERE, runJson = {}, samples = header(SAMPLE_COLUMNS) }: Stored): string {
    const run = {
      schema_version: 1,
      run_id: '20260203T040506Z-bench',
      status: 'complete',
      process_id: 1,
      version: '0.1.0',
      started: '2026-02-03T04:05:06.789Z',
      ended: '2026-02-03T04:05:07.789Z',
      plan: PLAN,
      environment,
      failures: [],
      ...runJson,
    }
    mkdirSync(join(folder, 'run'))
    writeFileSync(join(folder, 'run', 'run.json'), JSON.stringify(run))
    if (samples !== null) writeFileSync(join(folder, 'run', 'samples.csv'), `${samples}\n`)
    return 'run'
  }

  const REMEDY = 'name a commit'
  const CASES: [what: string, stored: Stored, ...words: string[]][] = [
    ['another machine class', { environment: OTHER_CPU }, 'of another machine class: Other CPU 9000'],
    ['other cores', { environment: { ...HERE, cores: 96 } }, 'of another machine class', '96 cores'],
    ['another Node version', { environment: OTHER_NODE }, `v99.0.0 there, ${HERE.node} here`],
    ['another schema of its samples', { samples: 'schema_version\n2' }, 'schema_version 2'],
    ['another schema of its record', { runJson: { schema_version: 2 } }, 'schema_version'],
    ['no samples', { samples: null }, 'samples.csv'],
    ['samples without columns', { samples: 'schema_version' }, 'lacks'],
    ['the very same machine', {}, 'the machine was another one then'],
  ]
  test.each(CASES)('%s', async (_what, made, ...words) => {
    const path = stored(made)
    expect(await refusal(['--against', path])).toEqual({
      code: 3,
      text: says(`--against ${path} is a stored result`, ...words, REMEDY),
    })
  })
})

/** Those of the default, without the one that the injected loop reaches besides. */
const CELLS = WALL_CLOCK.cells
  .filter(({ name, isDefault }) => isDefault && (name === CALIBRATED_CELL || !isInjected(name)))
  .map(({ name }) => name)
  .join('; ')

describe('a certification that was begun otherwise does not go on', () => {
  const ROW = {
    ...CERTIFIED,
    machine_class: machineClass(HERE),
    node: HERE.node,
    cell_names: CELLS,
    cells: 1,
  }
  const CASES: [what: string, change: object, ...words: string[]][] = [
    [
      'machine class',
      { machine_class: 'Other CPU; 9000' },
      'of another machine class',
      'Other CPU; 9000 there',
    ],
    ['Node version', { node: 'v99.0.0' }, 'of another Node version', `v99.0.0 there, ${HERE.node} here`],
    ['budget', { budget: 90 }, 'of another budget', '90 there, 300 here'],
    ['set of cells', { cell_names: 'a; b' }, 'of another set of cells', 'a; b there'],
    ['schema', { schema_version: 2 }, 'schema_version 2'],
    ['outcome that there is none of', { outcome: 'maybe' }, 'column outcome'],
  ]
  test.each(CASES)('another %s', async (_what, change, ...words) => {
    const cells = Object.values({ ...ROW, ...change }).map((value) => `"${value}"`)
    writeFileSync(join(folder, 'certification.csv'), `${header(CERTIFICATION_COLUMNS)}\n${cells.join(',')}\n`)
    expect(await refusal(['--certify', '--baseline', '.'])).toEqual({
      code: 3,
      text: says('certification.csv', ...words, 'move it away'),
    })
  })
})

test('cells that there are none of', async () => {
  expect(await refusal(['--against', 'HEAD', '--cells', 'threads/imediate/munmap-storm/2'])).toEqual({
    code: 3,
    text: says('no cells', 'nearest: threads/immediate/munmap-storm/2'),
  })
})

describe('mistakes on the command line are refused with 2', () => {
  const AGAINST = ['--against', 'HEAD']
  const CASES: [args: string[], ...words: string[]][] = [
    [[...AGAINST, '--budget', '5'], "--budget '5'", 'not a time', '90s'],
    [[...AGAINST, '--budget', '5min'], "--budget '5min'", 'not a time'],
    [[...AGAINST, '--budget', '-5m'], 'not a time'],
    [[...AGAINST, '--budget', ''], 'not a time'],
    [[...AGAINST, '--budget', '9s'], 'outside 10s to 24h'],
    [[...AGAINST, '--budget', '24.1h'], 'outside 10s to 24h'],
    [[...AGAINST, '--budget'], 'its value is missing'],
    [[...AGAINST, '--seed', 'x'], '--seed'],
    [[...AGAINST, '--seed', '-1'], '--seed'],
    [[...AGAINST, '--cells', '('], "--cells '('", 'not a regular expression'],
    [[...AGAINST, '--format', 'xml'], 'xml'],
    [[...AGAINST, '--self-test'], '--against with --self-test', 'one at a time'],
    [['--self-test', '--certify'], '--self-test with --certify'],
    [[...AGAINST, '--update'], '--update', 'it means nothing to --against'],
    [[...AGAINST, '--tolerance', 'ipis=1'], '--tolerance', 'it means nothing to --against'],
    [[...AGAINST, '--baseline', 'x'], '--baseline', 'it means nothing to --against'],
    [[...AGAINST, '--runs', '3'], '--runs', 'it means nothing to --against, only to --certify'],
    [['--runs', '3'], '--runs', 'it means nothing to the exact tier'],
    [['--budget', '5m'], '--budget', 'it means nothing to the exact tier'],
    [['--certify', '--runs', '0'], '--runs', 'at least one'],
    [['--certify', '--runs', 'many'], '--runs'],
    [['--certify', '--out', 'x'], '--out', 'it means nothing to --certify'],
    [['--self-test', '--format', 'json'], '--format', 'it means nothing to --self-test'],
    [[...AGAINST, 'HEAD~1'], "unexpected argument 'HEAD~1'"],
    [['--against'], 'its value is missing'],
    [['--agains', 'HEAD'], "unknown option '--agains'", 'did you mean --against?'],
    [AGAINST, 'no git repository with a commit'],
    [['--self-test'], 'no git repository with a commit'],
    [['--certify', '--baseline', 'x'], 'no git repository with a commit'],
    [[...AGAINST, '--out', '/dev/null/x'], '/dev/null/x'],
  ]
  test.each(CASES)('%j', async (args, ...words) => {
    expect(await refusal(args)).toEqual({ code: 2, text: says(...words) })
  })
})

test('a budget for too few processes, as soon as that is known', async () => {
  const repository = new StubRepository()
  repository.contestant(1000)
  repository.commit()
  // A process takes more than a second, so that in 65 % of 10 s there are no six.
  const ended = await repository.gate('--against', 'HEAD', '--budget', '10s', ...ONE_CELL)
  const left = repository.leftovers()
  repository.remove()
  expect(ended.code).toBe(3)
  expect(usageLines(ended).join('\n')).toMatch(
    /^error: too few processes: \d of each cell fit into the time, 8 is the least\n.*\d s more\n.*--budget/,
  )
  expect(ended.stderr).not.toContain('confirming')
  expect(left).toEqual([])
})
