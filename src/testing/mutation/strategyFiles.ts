import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { join as joinPosix, dirname } from 'node:path/posix'
import { mutantsOf } from './generate.js'
import type { Mutant } from './mutant.js'

/** A compiled strategy file, and the strategies that run its code. */
export interface StrategyFile {
  readonly file: string
  readonly users: readonly string[]
  readonly mutants: readonly Mutant[]
}

/** @param folder dist/src/strategies */
export function strategyFiles(folder: string, strategies: readonly string[]): StrategyFile[] {
  const users = new Map<string, string[]>()
  for (const strategy of strategies) {
    for (const file of reached(folder, `${strategy}.js`))
      users.set(file, [...(users.get(file) ?? []), strategy])
  }
  return [...users]
    .map(([file, names]) => ({ file, users: names, mutants: mutantsIn(folder, file) }))
    .sort((a, b) => depth(a.file) - depth(b.file) || (a.file < b.file ? -1 : 1))
}

export function strategyNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .map((file) => basename(file, '.js'))
    .sort()
}

function mutantsIn(folder: string, file: string): Mutant[] {
  const path = join(folder, file)
  const map = existsSync(`${path}.map`) ? readFileSync(`${path}.map`, 'utf8') : null
  return mutantsOf(file, readFileSync(path, 'utf8'), map)
}

/** The file and all that it imports, below the folder. */
function reached(folder: string, file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(join(folder, file), 'utf8')
  for (const [, specifier] of text.matchAll(/\bfrom '(\.[^']+)'/g)) {
    const target = joinPosix(dirname(file), specifier)
    if (!target.startsWith('..')) reached(folder, target, seen)
  }
  return seen
}

/** Strategies before what they share. */
function depth(file: string): number {
  return file.split('/').length
}
