/**
 * The folder of a run: `results/runs/<YYYYMMDDTHHMMSSZ>-<label>`, or what `--out` says. Never one that
 * holds something already. The gate's folders are claimed in the same way.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { UsageError } from '../contract/usageError.js'
import { reasonOf } from './writeFile.js'

export interface RunFolder {
  /** Absolute. */
  readonly path: string
  readonly samplesCsv: string
  readonly summaryCsv: string
  readonly runJson: string
  readonly datapackageJson: string
}

export interface NewRun {
  /** `--out`; null is the default place. */
  readonly out: string | null
  /** `--label` */
  readonly label: string
  readonly startedAt: Date
  /** Where `results/` is. */
  readonly root: string
}

/** Safe as a file name everywhere, and as a CSV cell without quotes. */
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** Runs of one label that may begin in one second before something else must be wrong. */
const SAME_SECOND_LIMIT = 100

/** The files of a run folder, whether it exists or not. */
export function runFolderAt(path: string): RunFolder {
  const absolute = resolve(path)
  return {
    path: absolute,
    samplesCsv: join(absolute, 'samples.csv'),
    summaryCsv: join(absolute, 'summary.csv'),
    runJson: join(absolute, 'run.json'),
    datapackageJson: join(absolute, 'datapackage.json'),
  }
}

/** @returns the folder, which now exists and is empty, and the run's id: its name in the default place */
export function createRunFolder(run: NewRun): { folder: RunFolder; runId: string } {
  if (!LABEL.test(run.label)) {
    throw new UsageError(
      `--label ${run.label}`,
      'a label is 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit',
      [],
      'for example --label before-change',
    )
  }
  const remedy = 'give a new directory, or go on with the run in it: --resume DIR'
  const { path, id } = claimFolder({ ...run, kind: 'runs', remedy })
  return { folder: runFolderAt(path), runId: id }
}

export interface NewFolder extends NewRun {
  /** Folder below `results/` */
  readonly kind: 'runs' | 'gate'
  /** What to do where `--out` holds something already. */
  readonly remedy: string
}

/**
 * @param folder whose label is part of a file name
 * @returns the absolute path, which now exists and is empty, and the name in the default place
 */
export function claimFolder(folder: NewFolder): { path: string; id: string } {
  const id = `${compactUtc(folder.startedAt)}-${folder.label}`
  if (folder.out !== null) return { path: claimGiven(folder.out, folder.remedy), id }
  return claimDefault(join(folder.root, 'results', folder.kind), id)
}

/** `2026-02-03T04:05:06.789Z` as `20260203T040506Z`: sorts by time, and is a file name on every system. */
function compactUtc(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

function claimGiven(out: string, remedy: string): string {
  if (out.trim() === '')
    throw new UsageError('--out is empty', 'it must name a directory', [], 'leave it out for the default')
  const path = resolve(out)
  make(path)
  const content = list(path)
  if (content.length > 0) {
    throw new UsageError(
      `--out ${out}`,
      `the directory is not empty: it holds ${content[0]}${content.length > 1 ? ` and ${content.length - 1} more` : ''}`,
      [],
      remedy,
    )
  }
  probe(path)
  return path
}

function claimDefault(parent: string, id: string): { path: string; id: string } {
  make(parent)
  for (let attempt = 1; attempt <= SAME_SECOND_LIMIT; attempt++) {
    const path = join(parent, attempt === 1 ? id : `${id}-${attempt}`)
    try {
      // Not recursive: exactly one of two runs that begin in the same second gets the name.
      mkdirSync(path)
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') continue
      throw cannotMake(path, cause)
    }
    probe(path)
    return { path: resolve(path), id: basename(path) }
  }
  throw new UsageError(
    `${join(parent, id)} exists`,
    `and so do ${SAME_SECOND_LIMIT - 1} more`,
    [],
    'give another directory with --out',
  )
}

function make(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw cannotMake(path, cause)
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path).sort()
  } catch (cause) {
    throw cannotMake(path, cause)
  }
}

/** By writing: what access rights say is wrong for root, on read-only and on special file systems. */
function probe(path: string): void {
  const file = join(path, '.write-probe')
  try {
    closeSync(openSync(file, 'wx'))
    rmSync(file)
  } catch (cause) {
    throw cannotMake(path, cause)
  }
}

function cannotMake(path: string, cause: unknown): UsageError {
  const code = codeOf(cause)
  const reason =
    code === 'ENOTDIR' || code === 'EEXIST'
      ? 'it is a file, or lies below one'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'it is not writable'
        : 'the directory cannot be made'
  return new UsageError(
    `cannot use ${path} for results`,
    `${reason} (${reasonOf(cause)})`,
    [],
    'give another directory with --out',
  )
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
