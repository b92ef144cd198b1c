import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { bench, shootdown, STEERED, steered, WORK } from './support/steeredBench.js'

const folder = mkdtempSync(join(tmpdir(), 'shootdown-usage-'))
afterAll(() => rmSync(folder, { recursive: true }))
const out = join(folder, 'never')
const full = join(folder, 'full')
writeFileSync(full, '')
const brokenProfile = join(folder, 'broken.json')
writeFileSync(brokenProfile, '{ "name": ')

/** What is typed, and what must stand in the message. */
const BAD: [string[], ...string[]][] = [
  [['--engine', 'thread'], "unknown engine 'thread'", 'did you mean threads?'],
  [['--strategy', 'immediat,batched'], "unknown strategy 'immediat'"],
  [['--strategy', './none.js'], "strategy './none.js'", 'there is no file'],
  [['--strategy', `${STEERED}:mod=1`], "unknown parameter 'mod'", 'did you mean mode?'],
  [['--strategy', `${STEERED}:mode=9`], 'mode is 9, outside -1 to 8'],
  [['--strategy', `${STEERED}:mode=x`], "parameter mode is 'x', not a whole number"],
  [['--strategy', 'batched+linux'], 'batched handles every kind of mapping', 'name it last'],
  [['--workload', 'munmap-strom'], "unknown workload 'munmap-strom'"],
  [['--workload', `${WORK}:pages=0`], 'pages is 0, outside 1 to 512 pages'],
  [['--workload', `${WORK}:readers=2`, '--cpus', '2'], 'readers do not fit 2 CPUs'],
  [['--cpus', '0'], "--cpus '0'", 'outside 1 to 1024'],
  [['--cpus', '5000'], 'for example --cpus 1024'],
  [['--cpus', '65', '--engine', 'threads'], 'up to 64 workers', '--engine sim'],
  [['--profile', 'icelake'], "unknown profile 'icelake'"],
  [['--profile', brokenProfile], 'cannot be read'],
  [['--profile-set', 'memory.frame=2'], "cannot set 'memory.frame=2'"],
  [['--seed', '-1'], '--seed'],
  [['--seed'], 'its value is missing'],
  [['--repetitions', '0'], '--repetitions'],
  [['--filter', '['], 'not a regular expression'],
  [['--filter', 'nothing-like-it'], 'matches none of the 4 cells'],
  [['--shard', '5/4'], "--shard '5/4'", 'there is no shard 5 of 4', 'for example --shard 1/4'],
  [['--shard', '2'], 'not INDEX/COUNT'],
  [['--format', 'xml'], 'known: table, json, csv'],
  [['--list', 'strategy'], 'did you mean strategies?'],
  [['--label', '../x'], '--label ../x'],
  [['--out', join(full, 'below')], 'it is a file, or lies below one'],
  [['--out', folder], 'the directory is not empty'],
  [['--resume', out], 'its run.json cannot be read'],
  [['--repetition', '3'], "unknown option '--repetition'", 'did you mean --repetitions?'],
  [['--quick=yes'], 'it takes no value'],
  [['7'], "unexpected argument '7'", 'for example: bench --help'],
]

describe('bad input', () => {
  test.concurrent.each(BAD)('%j', async (args, ...texts) => {
    const outArgs = args.includes('--out') || args.includes('--resume') ? [] : ['--out', out]
    const { code, stdout, stderr } = await steered(...outArgs, ...args)
    for (const text of texts) expect(stderr).toContain(text)
    expect(stderr).toMatch(/^error: /)
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(4)
    expect(stderr).not.toMatch(/^ +at /m)
    expect([code, stdout]).toEqual([2, ''])
    // Nothing was begun.
    expect(existsSync(out)).toBe(false)
  })

  test.each(['--strategy', '--label', '--format'])(
    'control characters in %s do not reach the terminal',
    async (option) => {
      const { code, stderr } = await steered(option, 'a\u001b[31m')
      expect(code).toBe(2)
      expect(stderr).toContain('a\\x1b[31m')
      expect(stderr).not.toContain('\u001b')
    },
  )

  test('has no more lines than it may, whatever was typed', async () => {
    const { code, stderr } = await steered('--label', 'a\nb\nc\nd\ne\nf')
    expect([code, stderr]).toEqual([2, 'error: --label a\nb\nc\nd\n'])
  })
})

describe('the program', () => {
  test('takes bench as a subcommand, with the same options', async () => {
    const { code, stderr } = await shootdown('bench', '--cpus', '0')
    expect([code, stderr]).toEqual([2, "error: --cpus '0'\noutside 1 to 1024\nfor example --cpus 1\n"])
  })

  test('takes report as a subcommand', async () => {
    const { code, stdout, stderr } = await shootdown('report')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('no run is given\nfor example: ')
  })

  test('without a command, or with an unknown one, names what there is', async () => {
    const none = await shootdown()
    expect([none.code, none.stdout]).toEqual([2, ''])
    expect(none.stderr).toContain('known: bench')
    const wrong = await shootdown('bnech')
    expect([wrong.code, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toContain('did you mean bench?')
  })

  test('explains itself on stdout', async () => {
    for (const { code, stdout, stderr } of [await shootdown('--help'), await bench('--help')]) {
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain('Usage:')
    }
  })
})

describe('--list', () => {
  test('shows all three kinds, or the one that is asked for', async () => {
    const all = await bench('--list')
    expect(all.code).toBe(0)
    expect(all.stdout.match(/^[a-z]+$/gm)).toEqual(['strategies', 'workloads', 'profiles', 'faults'])
    const profiles = await bench('--list', 'profiles')
    expect(profiles.stdout).toMatch(/^profiles\n(?: {2}\S.*\n)* {2}icelake-2s64c /)
    expect(profiles.stderr).toBe('')
  })

  test('is JSON when asked for', async () => {
    const { stdout } = await bench('--list', '--format', 'json')
    const lists = JSON.parse(stdout) as Record<string, { name: string }[]>
    expect(Object.keys(lists)).toEqual(['strategies', 'workloads', 'profiles', 'faults'])
    expect(lists['profiles'].map((profile) => profile.name)).toContain('icelake-2s64c')
  })
})
