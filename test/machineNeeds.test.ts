import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, describe, expect, test } from 'vitest'
import { HARDWARE, type Hardware } from '../dist/src/contract/hardware.js'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { Port } from '../dist/src/contract/port.js'
import type { Ticket } from '../dist/src/contract/ticket.js'
import { checkStrategyModule } from '../dist/src/harness/moduleShape.js'
import { shippedProfileWith } from '../dist/src/machine/hardware.js'
import { moduleNames } from '../dist/src/registry.js'
import { Immediate } from '../dist/src/strategies/immediate.js'
import { loadStrategy, ROOT, simCell } from './support/runCell.js'
import { usageErrorOf } from './support/usage.js'

const folder = mkdtempSync(join(tmpdir(), 'shootdown-needs-'))
afterAll(() => rmSync(folder, { recursive: true }))

function run(script: string, ...args: string[]) {
  const child = spawn(process.execPath, [`dist/scripts/${script}.js`, ...args], { cwd: ROOT })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((settle) => {
    child.on('close', (code) => settle({ code, stdout, stderr }))
  })
}

const rowsOf = (csv: string) =>
  parse<Record<string, string>>(csv, { columns: true }).map((row) => [
    row['strategy'],
    row['skipped'],
    row['repetitions'],
    row['ns_per_op'] === '',
  ])

describe('a strategy that needs broadcasts, where the profile has none', () => {
  const SMALL = [
    '--engine',
    'sim,threads',
    '--cpus',
    '2',
    '--quick',
    '--workload',
    'madvise-page:ops=2;pages=1',
  ]
  const REASON = 'it needs tlbi, which profile icelake-2s64c does not have'

  test('is a row with the reason among others, and the run is complete', async () => {
    const out = join(folder, 'among')
    const args = ['--strategy', 'immediate,arm64-tlbi', ...SMALL, '--out', out, '--format', 'csv']
    const { code, stdout } = await run('bench', ...args)
    expect(code).toBe(0)
    const both = [
      ['immediate', '', '1', false],
      ['arm64-tlbi', REASON, '0', true],
    ]
    expect(rowsOf(stdout)).toEqual([...both, ...both])
    expect(rowsOf(readFileSync(join(out, 'summary.csv'), 'utf8'))).toEqual([...both, ...both])
  })

  test('is refused alone, before anything runs, with a profile that has it', async () => {
    const out = join(folder, 'alone')
    const { code, stdout, stderr } = await run('bench', '--strategy', 'arm64-tlbi', ...SMALL, '--out', out)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(`error: strategy 'arm64-tlbi'\n${REASON}\ntry --profile graviton3-1s64c\n`)
    expect(existsSync(out)).toBe(false)
  })

  test('runs with that profile', async () => {
    const args = ['--strategy', 'arm64-tlbi', ...SMALL, '--profile', 'graviton3-1s64c', '--format', 'csv']
    const { code, stdout } = await run('bench', ...args, '--out', join(folder, 'with'))
    expect(code).toBe(0)
    const row = ['arm64-tlbi', '', '1', false]
    expect(rowsOf(stdout)).toEqual([row, row])
  })

  test('is searched by explore, and put to the test on a profile that has it', async () => {
    const explored = await run('explore', '--strategy', 'arm64-tlbi', '--case', 'pool-1', '--operations', '1')
    expect([explored.code, explored.stdout.includes('complete')]).toEqual([0, true])
    const conformed = await run('conform', '--strategy', 'arm64-tlbi', '--tapes', '4', '--check', 'oracle')
    expect([conformed.code, conformed.stderr]).toEqual([0, ''])
  })
})

describe('a workload that needs a device, where the profile has none', () => {
  const MILAN = [
    '--engine',
    'sim',
    '--cpus',
    '2',
    '--quick',
    '--profile',
    'milan-1s72c',
    '--strategy',
    'batched',
  ]
  const REASON = 'it needs iommu, which profile milan-1s72c does not have'

  test('is refused alone, with a profile that has it', async () => {
    const out = join(folder, 'device-alone')
    const { code, stderr } = await run('bench', ...MILAN, '--workload', 'dma-map', '--out', out)
    expect([code, existsSync(out)]).toEqual([2, false])
    expect(stderr).toBe(`error: workload 'dma-map'\n${REASON}\ntry --profile icelake-2s64c\n`)
  })
})

test('a workload that needs what the profile lacks is skipped among others, and refused alone', async () => {
  const out = join(folder, 'workload')
  const few = ['--engine', 'sim', '--cpus', '2', '--quick', '--strategy', 'immediate,linux', '--out', out]
  const lack = 'needs vcpu, which profile icelake-2s64c does not have'
  const alone = await run('bench', ...few, '--workload', 'overcommitted')
  expect([alone.code, alone.stdout]).toEqual([2, ''])
  expect(alone.stderr).toBe(`error: workload 'overcommitted'\nit ${lack}\ntry --profile kvm-guest\n`)
  const workloads = 'overcommitted,munmap-storm:ops=1'
  const among = await run('bench', ...few, '--workload', workloads, '--format', 'csv')
  expect(among.code).toBe(0)
  expect(rowsOf(among.stdout)).toEqual([
    ['immediate', `its workload ${lack}`, '0', true],
    ['linux', `its workload ${lack}`, '0', true],
    ['immediate', '', '1', false],
    ['linux', '', '1', false],
  ])
})

test('a shipped profile runs each shipped strategy', async () => {
  for (const name of moduleNames('strategy'))
    expect(shippedProfileWith((await loadStrategy(name)).needs, []), name).toBeDefined()
})

test.each<[Hardware[], string | undefined]>([
  [[], 'icelake-2s64c'],
  [['broadcast'], 'graviton3-1s64c'],
  [['invlpgb'], 'milan-1s72c'],
  [['broadcast', 'tlbi'], 'graviton3-1s64c'],
  [['invlpgb', 'tlbi'], undefined],
  [['iommu'], 'icelake-2s64c'],
  [['vcpu'], 'kvm-guest'],
])('%j is what profile %s has', (needs, name) => {
  expect(shippedProfileWith(needs, ['icelake-2s64c'])).toBe(name)
})

describe('a strategy that broadcasts and does not say so', () => {
  const uses = async (use: (cpu: Port) => Ticket): Promise<StrategyModule> => {
    class Undeclared extends Immediate {
      protected override startRound(cpu: Port): Ticket {
        return use(cpu)
      }
    }
    return { ...(await loadStrategy('immediate')), create: (host) => new Undeclared(host) }
  }
  const cell = { strategy: 'undeclared', workload: 'munmap-storm', cpus: 2, parameters: { ops: 1 } }

  test.each<[string, (cpu: Port) => Ticket]>([
    [
      'broadcast',
      (cpu) => {
        cpu.broadcast(1, 0, 1, 1)
        return 0
      },
    ],
    ['broadcastSync', (cpu) => cpu.broadcastSync()],
  ])('is told at its first %s', async (_name, use) => {
    const module = await uses(use)
    await expect(simCell({ ...cell, module })).rejects.toThrow(/must say needs: \['broadcast'\]/)
  })
})

describe('needs of a module', () => {
  const shapeOf = async (replaced: object) =>
    checkStrategyModule('strategy x', { ...(await loadStrategy('immediate')), ...replaced })

  test('are names of hardware that is known', async () => {
    for (const name of HARDWARE) expect((await shapeOf({ needs: [name] })).needs).toEqual([name])
    expect((await shapeOf({ needs: [] })).needs).toEqual([])
  })

  test.each<[object, string, string]>([
    [{ needs: ['brodcast'] }, "needs the unknown hardware 'brodcast'", 'did you mean broadcast?'],
    [{ needs: ['broadcast', 7] }, "needs the unknown hardware '7'", 'known: '],
    [{ needs: 'broadcast' }, 'needs of its module is no list', "needs: ['broadcast']"],
    [{ needs: null }, 'needs of its module is no list', 'known: broadcast'],
    [{ need: [] }, "unknown field 'need'", 'did you mean needs?'],
  ])('%j is refused', async (replaced, reason, remedy) => {
    const message = await usageErrorOf(() => shapeOf(replaced))
    expect(message).toContain(reason)
    expect(message).toContain(remedy)
  })
})
