import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { StrategyModule } from '../dist/src/contract/strategy.js'
import type { Port } from '../dist/src/contract/port.js'
import type { Ticket } from '../dist/src/contract/ticket.js'
import { checkStrategyModule } from '../dist/src/harness/moduleShape.js'
import { Immediate } from '../dist/src/strategies/immediate.js'
import { loadStrategy, ROOT, simCell } from './support/runCell.js'
import { usageErrorOf } from './support/usage.js'

const folder = mkdtempSync(join(tmpdir(), 'shootdown-needs-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A compiled strategy that says needs: ['broadcast']. */
const BROADCASTS = './dist/src/testing/bases/broadcasts.js'

function run(script: string, ...args: string[]) {
  const child = spawn(process.execPath, [`dist/scripts/${script}.js`, ...args], { cwd: ROOT })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((settle) => {
    child.on('close', (code) => settle({ code, stdout, stderr }))
  })
}

describe('a strategy that needs broadcasts', () => {
  const out = join(folder, 'never')

  test.concurrent.each<[string, string[]]>([
    ['bench', ['--engine', 'sim', '--cpus', '2', '--out', out]],
    ['bench', ['--engine', 'threads', '--cpus', '2', '--out', out]],
    ['conform', ['--tapes', '1']],
    ['stress', []],
  ])('is refused by %s %j, by name and with a remedy, before anything runs', async (script, args) => {
    const { code, stdout, stderr } = await run(script, '--strategy', `immediate,${BROADCASTS}`, ...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      `error: strategy '${BROADCASTS}'\n` +
        'it needs broadcast, and the machine of sim and threads has interrupts only\n' +
        `explore has it: npm run explore -- --strategy ${BROADCASTS}\n`,
    )
    expect(existsSync(out)).toBe(false)
  })

  test('is searched by explore', async () => {
    const args = ['--strategy', BROADCASTS, '--case', 'pool-1', '--operations', '1']
    const { code, stdout } = await run('explore', ...args)
    expect([code, stdout.includes('complete')]).toEqual([0, true])
  })
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
    expect((await shapeOf({ needs: ['broadcast'] })).needs).toEqual(['broadcast'])
    expect((await shapeOf({ needs: [] })).needs).toEqual([])
  })

  test.each<[object, string, string]>([
    [{ needs: ['brodcast'] }, "needs the unknown hardware 'brodcast'", 'did you mean broadcast?'],
    [{ needs: ['broadcast', 7] }, "needs the unknown hardware '7'", 'known: broadcast'],
    [{ needs: 'broadcast' }, 'needs of its module is no list', "needs: ['broadcast']"],
    [{ needs: null }, 'needs of its module is no list', 'known: broadcast'],
    [{ need: [] }, "unknown field 'need'", 'did you mean needs?'],
  ])('%j is refused', async (replaced, reason, remedy) => {
    const message = await usageErrorOf(() => shapeOf(replaced))
    expect(message).toContain(reason)
    expect(message).toContain(remedy)
  })
})
