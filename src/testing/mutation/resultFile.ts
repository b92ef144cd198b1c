import { existsSync, readFileSync } from 'node:fs'
import type { MutantResult } from './campaign.js'

/** What an earlier run wrote, the last line of each mutant; empty without a file. A line cut off by a crash is left out. */
export function readResults(path: string): Map<string, MutantResult> {
  const results = new Map<string, MutantResult>()
  if (!existsSync(path)) return results
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (!line.endsWith('}')) continue
    const result = JSON.parse(line) as MutantResult
    results.set(result.key, result)
  }
  return results
}
