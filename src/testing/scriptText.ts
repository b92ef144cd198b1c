import { UsageError } from '../contract/usageError.js'
import { asTyped } from '../harness/quote.js'
import {
  cpuCountOf,
  KINDS,
  MAX_DELAY_US,
  MAX_REGION_PAGES,
  MAX_REGIONS,
  MAX_SCRIPT_CPUS,
  MAX_SPACES,
  SHARINGS,
  VERBS,
  type Region,
  type RegionKind,
  type Script,
  type Sharing,
  type Step,
  type Verb,
} from './script.js'

/**
 * A script as one word of a shell's command line: `1.0.0.0/4sw0.0/i:w0.0.3,a0.0.1/r:r0.0.3`.
 *
 * Spaces, bystanders, short of frames, poll; the regions (pages, sharing, kind, space, owner); then one
 * part for each CPU, `i:` an initiator and `r:` a reader, with steps of a letter and its numbers. Zeros
 * at the end of a step are left out.
 */
export function formatScript(script: Script): string {
  const head = [script.spaces, script.bystanders, script.isShort ? 1 : 0, script.delayUs].join('.')
  const regions = script.regions.map(
    ({ pages, sharing, kind, space, owner }) => `${pages}${sharing}${kind}${space}.${owner}`,
  )
  const parts = [
    ...script.initiators.map((steps) => `i:${steps.map(formatStep).join(',')}`),
    ...script.readers.map((steps) => `r:${steps.map(formatStep).join(',')}`),
  ]
  return [head, regions.join(','), ...parts].join('/')
}

function formatStep({ verb, numbers }: Step): string {
  return verb + numbers.join('.').replace(/(?:(?:^|\.)0)+$/, '')
}

/** @throws UsageError that names the part which is wrong */
export function parseScript(text: string): Script {
  const [head, regionText, ...parts] = text.split('/')
  const numbers = /^(\d+)\.(\d+)\.([01])\.(\d+)$/.exec(head)?.slice(1).map(Number)
  if (numbers === undefined) throw wrong(text, `it begins with ${asTyped(head, 30)}`)
  const [spaces, bystanders, isShort, delayUs] = numbers
  within(text, 'spaces', spaces, 1, MAX_SPACES)
  within(text, 'delayUs', delayUs, 0, MAX_DELAY_US)
  const regions = (regionText ?? '').split(',').map((one) => parseRegion(text, one))
  within(text, 'regions', regions.length, 1, MAX_REGIONS)
  const stepsOf = (role: string) =>
    parts.filter((part) => part.startsWith(`${role}:`)).map((part) => parseSteps(text, part.slice(2)))
  const stranger = parts.find((part) => !/^[ir]:/.test(part))
  if (stranger !== undefined) throw wrong(text, `${asTyped(stranger, 30)} is no CPU`)
  const script: Script = {
    spaces,
    bystanders,
    isShort: isShort === 1,
    delayUs,
    regions,
    initiators: stepsOf('i'),
    readers: stepsOf('r'),
  }
  within(text, 'initiators', script.initiators.length, 1, MAX_SCRIPT_CPUS)
  within(text, 'CPUs', cpuCountOf(script), 1, MAX_SCRIPT_CPUS)
  return script
}

function parseRegion(text: string, part: string): Region {
  const match = /^(\d+)([a-z])([a-z])(\d+)\.(\d+)$/.exec(part)
  if (match === null || !Object.hasOwn(SHARINGS, match[2]) || !Object.hasOwn(KINDS, match[3]))
    throw wrong(text, `${asTyped(part, 30)} is no mapping`)
  const [pages, space, owner] = [match[1], match[4], match[5]].map(Number)
  within(text, 'pages', pages, 1, MAX_REGION_PAGES)
  within(text, 'space', space, 0, MAX_SPACES - 1)
  within(text, 'owner', owner, 0, MAX_SCRIPT_CPUS - 1)
  return { pages, sharing: match[2] as Sharing, kind: match[3] as RegionKind, space, owner }
}

function parseSteps(text: string, part: string): Step[] {
  if (part === '') return []
  return part.split(',').map((one) => {
    const match = /^([a-z])((?:\d+(?:\.\d+)*)?)$/.exec(one)
    if (match === null || !Object.hasOwn(VERBS, match[1])) throw wrong(text, `${asTyped(one, 30)} is no step`)
    const verb = match[1] as Verb
    const given = match[2] === '' ? [] : match[2].split('.').map(Number)
    const { name, bounds } = VERBS[verb]
    if (given.length > bounds.length) throw wrong(text, `${asTyped(one, 30)} has too many numbers`)
    for (const [index, number] of given.entries()) within(text, name, number, 0, bounds[index])
    return { verb, numbers: bounds.map((_, index) => given[index] ?? 0) }
  })
}

function within(text: string, what: string, value: number, min: number, max: number): void {
  if (value < min || value > max) throw wrong(text, `${what}: ${value} is outside ${min} to ${max}`)
}

function wrong(text: string, reason: string): UsageError {
  return new UsageError(
    `--tape ${asTyped(text, 60)}`,
    reason,
    [],
    'take a seed, or the text that a failure printed',
  )
}
