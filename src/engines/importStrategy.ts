import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StrategyModule } from '../contract/strategy.js'
import { combine, type NamedModule } from '../pagetable/combination.js'

/** No path contains it. */
const SEPARATOR = '\0'

/** The files of a combination as one text, as it travels to processes and workers; of one strategy its path. */
export function joinFiles(files: readonly string[]): string {
  return files.join(SEPARATOR)
}

export function splitFiles(joined: string): string[] {
  return joined.split(SEPARATOR)
}

/** What a strategy is called inside a combination: its file's name without the ending. */
export function partName(file: string): string {
  return basename(file).replace(/\.[cm]?js$/, '')
}

/** @param joined the path of a compiled module, or of several (`joinFiles`), which then run together */
export async function importStrategy(joined: string): Promise<StrategyModule> {
  const parts: NamedModule[] = []
  for (const file of splitFiles(joined)) {
    const { default: module } = (await import(pathToFileURL(file).href)) as { default: StrategyModule }
    parts.push({ name: partName(file), module })
  }
  return parts.length === 1 ? parts[0].module : combine(parts)
}
