import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { OPERATION_KINDS } from '../engines/explore/exploreCase.js'
import type { PlannedDefect } from '../harness/explore/defectJobs.js'
import { moduleFile } from '../registry.js'
import type { Defect } from './defect.js'

const folder = (name: string): string => fileURLToPath(new URL(`./${name}/`, import.meta.url))

/** Every planted defect with the case that it is looked for in: what its file says, and nothing else. */
export async function plannedDefects(): Promise<PlannedDefect[]> {
  const files = readdirSync(folder('defects')).filter((name) => name.endsWith('.js'))
  return Promise.all(files.sort().map((name) => planned(join(folder('defects'), name))))
}

async function planned(file: string): Promise<PlannedDefect> {
  const { defect } = (await import(pathToFileURL(file).href)) as { defect: Defect }
  const { needs } = defect
  const known = (names: readonly string[]) => OPERATION_KINDS.filter((kind) => names.includes(kind))
  return {
    name: defect.name,
    file,
    baseName: defect.base,
    baseFile: baseFile(defect.base),
    trap: defect.trap,
    breaks: defect.breaks,
    expects: defect.expects,
    awaits: needs.awaits ?? '',
    case: {
      name: basename(file, '.js'),
      cpuCount: needs.cpus,
      pageCount: needs.pages,
      operationCount: needs.operationCount,
      alphabet: known(needs.operations),
      roles: (needs.roles ?? []).map(known),
      isGuest: needs.isGuest ?? false,
      freesTables: needs.freesTables ?? false,
      breaksBeforeMake: false,
      preemption: needs.preempt,
      frameCount: needs.frames ?? needs.pages,
      tickCount: needs.ticks,
      spuriousCount: needs.spurious ?? 0,
      fills: 'late',
      hasStoreBuffer: needs.storeBuffer ?? false,
      serialStart: needs.serialStart ?? 0,
      usesSymmetry: false,
    },
    parameters: needs.parameters ?? {},
  }
}

function baseFile(base: string): string {
  const own = join(folder('bases'), `${base}.js`)
  return existsSync(own) ? own : (moduleFile('strategy', base) ?? own)
}
