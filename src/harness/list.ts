import { KIND_NAMES } from '../contract/change.js'
import type { Contract } from '../contract/obligation.js'
import type { ParameterSpecs, Preset } from '../contract/parameter.js'
import { FAULT_NAMES, faultSpec } from '../engines/faultSpecs.js'
import { listProfiles } from '../machine/profile.js'
import { defaultsOf } from '../records/params.js'
import { moduleNames } from '../registry.js'
import type { Format } from '../report/formats.js'
import { USUAL_FALLBACK } from './chooseStrategy.js'
import { loadStrategy, loadWorkload } from './loadModule.js'
import { roleSpecs } from './roles.js'
import { parameterTexts, unknownName } from './spec.js'
import { UsageError } from '../contract/usageError.js'

const KINDS = ['strategies', 'workloads', 'profiles', 'faults'] as const
type Kind = (typeof KINDS)[number]

interface Entry {
  name: string
  summary: string
  source?: string
  /** Of a strategy: what it promises with default parameters. */
  contract?: Contract
  /** Of a strategy for some kinds of mapping only. */
  handles?: string[]
  /** Of a workload: what is timed. */
  op?: string
  /** Of a profile. */
  cpuCount?: number
  /** Of a fault: the fewest CPUs that it can strike. */
  minCpus?: number
  parameters?: ParameterSpecs
  presets?: Record<string, ListedPreset>
}

/** With what a strategy promises then. */
interface ListedPreset extends Preset {
  contract: Contract
}

/** `--list`: what can be named on the command line. Loads no engine. */
export async function listText(what: string | true, format: Format): Promise<string> {
  const kinds = what === true ? KINDS : KINDS.filter((kind) => kind === what)
  if (kinds.length === 0) throw unknownName(`--list ${String(what)}`, 'list', String(what), KINDS)
  if (format === 'csv')
    throw new UsageError(
      '--list --format csv',
      'a list has no CSV form',
      ['table', 'json'],
      'use --format json',
    )
  const lists: Partial<Record<Kind, Entry[]>> = {}
  for (const kind of kinds) lists[kind] = await entriesOf(kind)
  if (format === 'json') return `${JSON.stringify(lists, null, 2)}\n`
  return kinds.map((kind) => section(kind, lists[kind] ?? [])).join('\n')
}

async function entriesOf(kind: Kind): Promise<Entry[]> {
  if (kind === 'profiles') return listProfiles()
  if (kind === 'faults') return FAULT_NAMES.map((name) => ({ name, ...faultSpec(name) }))
  const entries: Entry[] = []
  if (kind === 'strategies') {
    for (const name of moduleNames('strategy')) {
      const { module } = await loadStrategy(name)
      const defaults = defaultsOf(module.parameters)
      const { summary, source, parameters, handles } = module
      const kinds = handles === undefined ? {} : { handles: handles.map((handled) => KIND_NAMES[handled]) }
      const entry = { name, contract: module.contract(defaults), ...kinds, summary, source, parameters }
      const presets = Object.entries(module.presets ?? {}).map(([key, preset]): [string, ListedPreset] => [
        key,
        { ...preset, contract: module.contract({ ...defaults, ...preset.values }) },
      ])
      entries.push(presets.length === 0 ? entry : { ...entry, presets: Object.fromEntries(presets) })
    }
    return entries
  }
  for (const name of moduleNames('workload')) {
    const { summary, source, op, parameters } = (await loadWorkload(name)).module
    entries.push({ name, summary, source, op, parameters })
  }
  return entries
}

function section(kind: Kind, entries: readonly Entry[]): string {
  const width = Math.max(0, ...entries.map((entry) => entry.name.length))
  const lines: string[] = [kind]
  for (const entry of entries) {
    const detail = entry.contract === undefined ? '' : `[${entry.contract}] `
    const cpus = entry.cpuCount === undefined ? '' : ` (${entry.cpuCount} CPUs)`
    const fewest = (entry.minCpus ?? 1) > 1 ? ` (${entry.minCpus} CPUs or more)` : ''
    const rest =
      entry.handles === undefined
        ? ''
        : ` (${entry.handles.join(', ')} only; alone: ${entry.name}+${USUAL_FALLBACK})`
    lines.push(`  ${entry.name.padEnd(width)}  ${detail}${entry.summary}${cpus}${fewest}${rest}`)
    lines.push(...parameterLines(entry.parameters ?? {}), ...presetLines(entry.presets ?? {}))
  }
  if (kind === 'workloads') {
    const { initiators, readers } = roleSpecs(2, 1)
    lines.push('  every workload has also')
    lines.push(`      initiators=1 (1 to CPUs): ${initiators.summary}`)
    lines.push(`      readers (0 to CPUs - initiators): ${readers.summary}`)
  }
  return `${lines.join('\n')}\n`
}

function presetLines(presets: Readonly<Record<string, ListedPreset>>): string[] {
  return Object.entries(presets).map(([name, { contract, summary, values }]) => {
    return `      preset=${name} [${contract}] (${parameterTexts(values).join(';')}): ${summary}`
  })
}

function parameterLines(specs: ParameterSpecs): string[] {
  return Object.entries(specs).map(([name, spec]) => {
    const quick = spec.quick === undefined ? '' : `, quick ${spec.quick}`
    return `      ${name}=${spec.default} ${spec.unit} (${spec.min} to ${spec.max}${quick}): ${spec.summary}`
  })
}
