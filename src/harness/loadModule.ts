import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StrategyModule } from '../contract/strategy.js'
import { UsageError } from '../contract/usageError.js'
import type { WorkloadModule } from '../contract/workload.js'
import { type ModuleKind, moduleFile, moduleNames } from '../registry.js'
import { checkStrategyModule, checkWorkloadModule } from './moduleShape.js'
import { meant, nearestFirst } from './nearest.js'
import { asTyped, firstLine } from './quote.js'
import { isFileName } from './spec.js'

export interface Loaded<M> {
  /** As typed, and as the CSV shows it. */
  name: string
  /** Absolute path of the file whose default export is the module. */
  file: string
  module: M
}

/** @param name one of the program's own, or the path of a compiled file */
export function loadStrategy(name: string): Promise<Loaded<StrategyModule>> {
  return load('strategy', name, checkStrategyModule)
}

export function loadWorkload(name: string): Promise<Loaded<WorkloadModule>> {
  return load('workload', name, checkWorkloadModule)
}

type Check<M> = (thing: string, exported: unknown) => M

async function load<M>(kind: ModuleKind, name: string, check: Check<M>): Promise<Loaded<M>> {
  const thing = `${kind} ${asTyped(name)}`
  const file = isFileName(name) ? userFile(thing, name) : ownFile(thing, kind, name)
  let exported: { default?: unknown }
  try {
    exported = (await import(pathToFileURL(file).href)) as { default?: unknown }
  } catch (error) {
    throw new UsageError(thing, `${file} cannot be loaded: ${firstLine(error)}`, [], `see why: node ${file}`)
  }
  return { name, file, module: check(thing, exported.default) }
}

function ownFile(thing: string, kind: ModuleKind, name: string): string {
  const file = moduleFile(kind, name)
  if (file !== undefined) return file
  const known = moduleNames(kind)
  const remedy = `${meant(name, known, '')} A file of your own needs its path: ./NAME.js`.trim()
  throw new UsageError(
    `unknown ${thing}`,
    `there is no ${kind} of this name`,
    nearestFirst(name, known),
    remedy,
  )
}

function userFile(thing: string, name: string): string {
  if (!/\.m?js$/.test(name)) {
    throw new UsageError(
      thing,
      'only compiled modules can run',
      [],
      'compile it (tsc) and name the .js or .mjs file',
    )
  }
  const file = resolve(name)
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new UsageError(
      thing,
      `there is no file ${file}`,
      [],
      'paths begin in the folder that the command runs in',
    )
  }
  return file
}
