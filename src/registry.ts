import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Finds strategies and workloads: each file in their folders is one, so that adding one is adding a file, and there is
 * no list to edit. What a file must export is checked where it is loaded (src/harness/loadModule.ts).
 */
export type ModuleKind = 'strategy' | 'workload'

const FOLDERS: Record<ModuleKind, string> = { strategy: 'strategies', workload: 'workloads' }

/** In the order of the alphabet. Files only: `shared/` is for what two or more of them use. */
export function moduleNames(kind: ModuleKind): string[] {
  const folder = folderOf(kind)
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.js'),
  )
  return files.map((entry) => basename(entry.name, '.js')).sort()
}

/** Absolute path of the file that holds it, or undefined where the name is not one of `moduleNames`. */
export function moduleFile(kind: ModuleKind, name: string): string | undefined {
  return moduleNames(kind).includes(name) ? join(folderOf(kind), `${name}.js`) : undefined
}

/** Relative to this file and not to the working folder: what is found must be what was compiled with this program. */
function folderOf(kind: ModuleKind): string {
  return fileURLToPath(new URL(`./${FOLDERS[kind]}/`, import.meta.url))
}
