import { moduleNames } from '../registry.js'
import type { DefaultOf } from '../report/views/crossovers.js'
import { loadWorkload } from './loadModule.js'

/** Of the program's own workloads; a run may name a file that is gone. */
export async function workloadDefaults(workloads: readonly string[]): Promise<DefaultOf> {
  const own = new Set(moduleNames('workload'))
  const loaded = await Promise.all(workloads.filter((name) => own.has(name)).map(loadWorkload))
  const specs = new Map(loaded.map(({ name, module }) => [name, module.parameters]))
  return (workload, parameter) => {
    if (parameter === 'initiators') return 1
    return specs.get(workload)?.[parameter]?.default ?? null
  }
}
