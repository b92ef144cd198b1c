import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UsageError } from '../dist/src/contract/usageError.js'
import { listProfiles, loadProfile } from '../dist/src/machine/profile.js'

const SHIPPED = 'icelake-2s64c'
const path = join(import.meta.dirname, '..', 'src', 'machine', 'profiles', `${SHIPPED}.json`)

/** The lines of a UsageError: the thing, the reason, the known names if there are any, the remedy. */
function refusal(load: () => unknown): string[] {
  try {
    load()
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    const lines = (error as Error).message.split('\n')
    expect(lines.length).toBeGreaterThanOrEqual(3)
    expect(lines.length).toBeLessThanOrEqual(4)
    return lines
  }
  throw new Error('nothing was refused')
}

type Tree = { [key: string]: Tree | number | string }

describe('a shipped profile', () => {
  test.each(listProfiles().map(({ name }) => name))(
    '%s is valid, is named like its file and counts its threads',
    (name) => {
      const { profile, cpuCount, name: given } = loadProfile(name, [])
      expect(given).toBe(name)
      const { sockets, coresPerSocket, threadsPerCore } = profile.topology
      expect(cpuCount).toBe(sockets.value * coresPerSocket.value * threadsPerCore.value)
    },
  )

  test('gives a source for each constant', () => {
    const unsourced: string[] = []
    let leaves = 0
    const visit = (node: Tree, at: string) => {
      if ('value' in node) {
        leaves++
        if (typeof node['source'] !== 'string' || node['source'].trim() === '') unsourced.push(at)
        return
      }
      for (const [key, child] of Object.entries(node)) {
        if (typeof child === 'object') visit(child, `${at}.${key}`)
        else if (typeof child === 'number') unsourced.push(`${at}.${key}`)
      }
    }
    for (const { name } of listProfiles()) visit(loadProfile(name, []).profile as unknown as Tree, name)
    expect(unsourced).toEqual([])
    expect(leaves).toBeGreaterThan(30)
  })
})

describe('--profile-set', () => {
  test('changes the value, its source and the hash', () => {
    const plain = loadProfile(SHIPPED, [])
    const changed = loadProfile(SHIPPED, ['costsPs.invalidatePage=80000', 'memory.frameReuse=fifo'])
    expect(changed.profile.costsPs.invalidatePage).toEqual({
      value: 80000,
      source: '--profile-set costsPs.invalidatePage=80000',
    })
    expect(changed.profile.memory.frameReuse.value).toBe('fifo')
    expect(changed.hash).not.toBe(plain.hash)
    expect(loadProfile(SHIPPED, []).hash).toBe(plain.hash)
    // The same number with another source is another profile: somebody has asked for it.
    const { value } = plain.profile.costsPs.access
    expect(loadProfile(SHIPPED, [`costsPs.access=${value}`]).hash).not.toBe(plain.hash)
  })

  test.each([
    'costsPs.invalidatePag=1',
    'costsPs=1',
    'memory.frames',
    '=5',
    '',
    'costsPs.access.value=1',
    'name=x',
  ])('refuses %j', (set) => {
    const lines = refusal(() => loadProfile(SHIPPED, [set]))
    expect(lines[0]).toContain(`'${set}'`)
    expect(lines.at(-1)).toContain('--profile-set')
  })

  test('names what comes close', () => {
    expect(refusal(() => loadProfile(SHIPPED, ['cost.invalidatePage=1']))[2]).toBe(
      'known: costsPs.invalidatePage',
    )
  })

  test.each([
    ['memory.frames=12', 'memory.frames.value'],
    ['memory.frames=many', 'memory.frames.value'],
    ['memory.frames=', 'memory.frames.value'],
    ['memory.frames=100.5', 'memory.frames.value'],
    ['memory.frameReuse=random', 'memory.frameReuse.value'],
    ['tlb.smallEntries=63', 'tlb.smallEntries.value'],
    ['costsPs.access=-1', 'costsPs.access.value'],
    // A set of more ways than the array has entries would reach into the next array.
    ['tlb.smallWays=128', 'tlb.smallWays.value'],
    ['tlb.secondEntries=8', 'tlb.secondWays.value'],
  ])('refuses %s by its place', (set, place) => {
    const lines = refusal(() => loadProfile(SHIPPED, [set]))
    expect(lines[0]).toContain(SHIPPED)
    expect(lines[1]).toContain(`${place}: `)
    expect(lines.at(-1)).toContain('src/machine/profiles/')
  })
})

describe('a profile file', () => {
  let folder = ''
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'profile-'))))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const write = (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }
  const broadcast = () => loadProfile('milan-1s72c', []).profile.broadcast as unknown as Tree
  const shipped = () => JSON.parse(readFileSync(path, 'utf8')) as Record<string, Tree>

  test('with equal content has the equal hash, whatever its order and layout', () => {
    const reversed = Object.fromEntries(Object.entries(shipped()).reverse())
    reversed['memory'] = Object.fromEntries(Object.entries(reversed['memory']).reverse())
    const file = write('reversed.json', JSON.stringify(reversed))
    expect(loadProfile(file, []).hash).toBe(loadProfile(SHIPPED, []).hash)
    expect(loadProfile(file, []).name).toBe(SHIPPED)
  })

  test('that is broken is refused', () => {
    const file = write('broken.json', readFileSync(path, 'utf8').slice(0, -20))
    const lines = refusal(() => loadProfile(file, []))
    expect(lines[0]).toContain(file)
    expect(lines.at(-1)).toContain('mend the JSON')
  })

  test.each(['3', 'null', '[]', '"profile"'])('that holds %s is refused', (text) => {
    const file = write('other.json', text)
    expect(refusal(() => loadProfile(file, []))[1]).toMatch(/^the file: /)
    refusal(() => loadProfile(file, ['memory.frames=100']))
  })

  test.each<[what: string, change: (profile: Record<string, Tree>) => void, place: string, word: string]>([
    ['an unknown key', (p) => void (p['tlb']['extra'] = 1), 'tlb', 'extra'],
    ['an unknown key at the top', (p) => void (p['extra'] = {}), 'the file', 'extra'],
    ['a missing constant', (p) => void delete p['costsPs']['fault'], 'costsPs.fault', ''],
    [
      'a constant without its source',
      (p) => void delete (p['costsPs']['fault'] as Tree)['source'],
      'costsPs.fault.source',
      '',
    ],
    [
      'an empty source',
      (p) => void ((p['costsPs']['fault'] as Tree)['source'] = ''),
      'costsPs.fault.source',
      '',
    ],
    [
      'broadcasts on a machine with interrupts alone',
      (p) => void (p['broadcast'] = broadcast()),
      'broadcast',
      'ipi',
    ],
    [
      'hardware that broadcasts, and nothing about it',
      (p) => void ((p as Record<string, unknown>)['hardware'] = 'tlbi'),
      'broadcast',
      'missing, with hardware tlbi',
    ],
    [
      'unknown hardware',
      (p) => void ((p as Record<string, unknown>)['hardware'] = 'rar'),
      'hardware',
      'invlpgb',
    ],
    [
      'a text for a number',
      (p) => void ((p['costsPs']['fault'] as Tree)['value'] = '5'),
      'costsPs.fault.value',
      'number',
    ],
  ])('with %s is refused', (_what, change, place, word) => {
    const profile = shipped()
    change(profile)
    const file = write('changed.json', JSON.stringify(profile))
    const lines = refusal(() => loadProfile(file, []))
    expect(lines[0]).toContain(file)
    expect(lines[1].startsWith(`${place}: `)).toBe(true)
    expect(lines[1]).toContain(word)
  })

  test('with several problems tells the first and how many more', () => {
    const profile = shipped()
    for (const name of ['access', 'fault', 'spin']) (profile['costsPs'][name] as Tree)['value'] = -1
    const file = write('several.json', JSON.stringify(profile))
    expect(refusal(() => loadProfile(file, []))[1]).toMatch(/^costsPs\.access\.value: .*\(and 2 more\)$/)
  })

  test('that does not exist is refused with the names that do', () => {
    const lines = refusal(() => loadProfile(join(folder, 'none.json'), []))
    expect(lines[1]).toBe('there is no such file')
    expect(lines[2]).toContain(SHIPPED)
    expect(refusal(() => loadProfile('icelake', []))[2]).toContain(SHIPPED)
  })
})
