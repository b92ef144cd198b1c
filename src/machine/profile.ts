import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { UsageError } from '../contract/usageError.js'
import {
  BROADCAST_COST_NAMES,
  COHERENT_COST_NAMES,
  COST_NAMES,
  DIRECTORY_COST_NAMES,
  EXPIRING_COST_NAMES,
  IOMMU_COST_NAMES,
  VCPU_COST_NAMES,
} from './costs.js'

/** A hardware profile: data only, each constant with its source. Files in src/machine/profiles/. */
const sourced = <T extends z.ZodType>(value: T) => z.strictObject({ value, source: z.string().min(1) })
const powerOfTwo = z
  .int()
  .min(1)
  .max(1 << 20)
  .refine((n) => (n & (n - 1)) === 0, 'must be a power of two')
const reuseOrder = z.enum(['lifo', 'fifo'])

const cost = sourced(z.int().min(0).max(1e12))
const costsOf = <Name extends string>(names: readonly Name[]) =>
  z.strictObject(Object.fromEntries(names.map((name) => [name, cost])) as Record<Name, typeof cost>)

const profileShape = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  summary: z.string(),
  validity: z.string(),
  /** How one CPU reaches the TLBs of others: by interrupts only, or by broadcasts as well. */
  hardware: z.enum(['ipi', 'invlpgb', 'tlbi']),
  topology: z.strictObject({
    sockets: sourced(z.int().min(1).max(64)),
    coresPerSocket: sourced(z.int().min(1).max(1024)),
    threadsPerCore: sourced(z.int().min(1).max(8)),
  }),
  interrupts: z
    .strictObject({
      /**
       * CPUs, from a multiple of this number on, that one send reaches: 16 with x2APIC's logical mode, where the
       * command names a cluster and has a bit for each of its CPUs. 1, as where it is missing: a send for each target.
       */
      clusterSize: sourced(z.int().min(1).max(1024)),
    })
    .optional(),
  tlb: z
    .strictObject({
      smallEntries: sourced(powerOfTwo),
      smallWays: sourced(powerOfTwo),
      largeEntries: sourced(powerOfTwo),
      largeWays: sourced(powerOfTwo),
      secondEntries: sourced(powerOfTwo),
      secondWays: sourced(powerOfTwo),
      tagCount: sourced(z.int().min(2).max(65536)),
      /** Whether an entry must be gone from every TLB before another valid one is written for its address. */
      breakBeforeMake: sourced(z.enum(['no', 'yes'])),
    })
    .superRefine((tlb, context) => {
      for (const level of ['small', 'large', 'second'] as const) {
        const entries = tlb[`${level}Entries`].value
        if (tlb[`${level}Ways`].value <= entries) continue
        const message = `must not be more than ${level}Entries, which is ${entries}`
        context.addIssue({ code: 'custom', path: [`${level}Ways`, 'value'], message })
      }
    }),
  structureCache: z.strictObject({
    leafTables: sourced(powerOfTwo),
    thirdLevel: sourced(powerOfTwo),
    secondLevel: sourced(powerOfTwo),
  }),
  memory: z.strictObject({
    frames: sourced(
      z
        .int()
        .min(64)
        .max(1 << 20),
    ),
    frameReuse: sourced(reuseOrder),
    addressReuse: sourced(reuseOrder),
    /** Frames that a CPU's free list takes from the pool, or gives back, at once. */
    listBatch: sourced(z.int().min(1).max(4096)),
    /** When leaf tables are freed: never, or as soon as no mapping lies below them. */
    tableFreeing: sourced(z.enum(['never', 'empty'])),
  }),
  costsPs: costsOf(COST_NAMES),
  /** Of hardware that broadcasts, and of no other. */
  broadcast: z
    .strictObject({
      /** Pages, of either size, that one operation names at most; a longer range takes several. */
      pagesPerOperation: sourced(
        z
          .int()
          .min(1)
          .max(1 << 21),
      ),
      costsPs: costsOf(BROADCAST_COST_NAMES),
    })
    .optional(),
  /** Hardware that few machines have, each kind with its figures; absent where the machine has none of it. */
  extras: z
    .strictObject({
      /** A device behind an IOMMU with one translation cache, set-associative, first in first out. */
      iommu: z
        .strictObject({
          entries: sourced(powerOfTwo),
          ways: sourced(powerOfTwo),
          /** Whether the device is trusted not to use a mapping that was taken from it: its frames are free at once then. */
          trusted: sourced(z.enum(['no', 'yes'])),
          costsPs: costsOf(IOMMU_COST_NAMES),
        })
        .refine(({ entries, ways }) => ways.value <= entries.value, 'ways must not be more than entries')
        .optional(),
      /** CPUs are virtual: a host takes them off their processors. */
      vcpu: z.strictObject({ costsPs: costsOf(VCPU_COST_NAMES) }).optional(),
      expiring: z.strictObject({ costsPs: costsOf(EXPIRING_COST_NAMES) }).optional(),
      coherent: z.strictObject({ costsPs: costsOf(COHERENT_COST_NAMES) }).optional(),
      directory: z.strictObject({ costsPs: costsOf(DIRECTORY_COST_NAMES) }).optional(),
    })
    .optional(),
})

const profileSchema = profileShape.superRefine(({ hardware, broadcast }, context) => {
  if ((broadcast !== undefined) === (hardware !== 'ipi')) return
  const message = broadcast === undefined ? `missing, with hardware ${hardware}` : 'not with hardware ipi'
  context.addIssue({ code: 'custom', path: ['broadcast'], message })
})

export type Profile = z.infer<typeof profileSchema>

export interface ProfileChoice {
  name: string
  profile: Profile
  hash: string
  /** Hardware threads; a run with more CPUs adds sockets of the same size and is extrapolated. */
  cpuCount: number
}

const folder = fileURLToPath(new URL('../../../src/machine/profiles/', import.meta.url))

function shippedNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort()
}

export function listProfiles(): { name: string; summary: string; cpuCount: number }[] {
  return shippedNames().map((name) => {
    const { profile, cpuCount } = loadProfile(name, [])
    return { name, summary: profile.summary, cpuCount }
  })
}

/**
 * @param nameOrFile a shipped name, or a path ending in .json
 * @param sets `path=value` overrides, e.g. `costsPs.invalidatePage=80000`
 */
export function loadProfile(nameOrFile: string, sets: readonly string[]): ProfileChoice {
  const isFile = nameOrFile.endsWith('.json')
  const path = isFile ? nameOrFile : join(folder, `${nameOrFile}.json`)
  if (!existsSync(path)) {
    const reason = isFile ? 'there is no such file' : 'no profile of this name is shipped'
    throw new UsageError(
      `unknown profile '${nameOrFile}'`,
      reason,
      shippedNames(),
      'give a shipped name or a path ending in .json',
    )
  }
  const raw = parseJson(path)
  for (const set of sets) applySet(raw, set)
  const parsed = profileSchema.safeParse(raw)
  if (!parsed.success) {
    const [first, ...others] = parsed.error.issues
    const more = others.length > 0 ? ` (and ${others.length} more)` : ''
    throw new UsageError(
      `profile '${nameOrFile}' is not valid`,
      `${first.path.join('.') || 'the file'}: ${first.message}${more}`,
      [],
      'see src/machine/profiles/ for complete examples',
    )
  }
  const profile = parsed.data
  const { sockets, coresPerSocket, threadsPerCore } = profile.topology
  return {
    name: profile.name,
    profile,
    hash: createHash('sha256').update(JSON.stringify(profile)).digest('hex').slice(0, 16),
    cpuCount: sockets.value * coresPerSocket.value * threadsPerCore.value,
  }
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new UsageError(
      `profile '${path}' cannot be read`,
      (error as Error).message,
      [],
      'mend the JSON or name another profile',
    )
  }
}

/** Overrides one value in place and says so in its source, so that the profile's hash and record tell the truth. */
function applySet(raw: unknown, set: string): void {
  const equals = set.indexOf('=')
  const path = set.slice(0, equals).split('.')
  let node = raw
  for (const key of path) node = isRecord(node) ? node[key] : undefined
  if (equals < 1 || !isRecord(node) || !('value' in node)) {
    const known = isRecord(raw) ? settable(raw, '') : []
    throw new UsageError(
      `cannot set '${set}' in the profile`,
      'no such value',
      nearest(set.slice(0, Math.max(equals, 0)), known),
      'use --profile-set path=value',
    )
  }
  const text = set.slice(equals + 1)
  const number = Number(text)
  node['value'] = text !== '' && Number.isFinite(number) ? number : text
  node['source'] = `--profile-set ${set}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function settable(node: Record<string, unknown>, prefix: string): string[] {
  return Object.entries(node).flatMap(([key, child]) => {
    if (!isRecord(child)) return []
    return 'value' in child ? [prefix + key] : settable(child, `${prefix}${key}.`)
  })
}

/** The few values whose last part comes closest, so that the message stays on a line. */
function nearest(path: string, known: string[]): string[] {
  const last = path.split('.').at(-1) ?? ''
  const close = known.filter((name) => last !== '' && name.toLowerCase().includes(last.toLowerCase()))
  return (close.length > 0 ? close : known).slice(0, 8)
}
