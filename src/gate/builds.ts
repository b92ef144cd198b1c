import {
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { GateRefusal } from './refusal.js'
import { addWorktree, filesOf, removeWorktree, type Repository } from './repository.js'
import { runTool } from './tool.js'

/** What a compiled tree offers to the gate; see bench/contestant.ts. */
export const CONTESTANT = join('dist', 'bench', 'contestant.js')
const LOCK = 'package-lock.json'
/** Of a tool's complaint, in an error. */
const COMPLAINT_LENGTH = 240

/**
 * Compiled trees in one temporary folder. All sides of a comparison are made the same way, beside each other, so that
 * none has a warmer cache or another compiler's output than the others.
 */
export class Builds {
  readonly #repository: Repository
  readonly #signal: AbortSignal
  readonly #root = mkdtempSync(join(tmpdir(), 'shootdown-gate-'))
  readonly #worktrees: string[] = []

  constructor(repository: Repository, signal: AbortSignal) {
    this.#repository = repository
    this.#signal = signal
  }

  /** @returns the folder of a build of a commit, with the packages of its own lock file */
  async ofCommit(name: string, commit: string): Promise<string> {
    const folder = join(this.#root, name)
    // Before the attempt: an abort in the middle of it leaves a worktree, too.
    this.#worktrees.push(folder)
    await addWorktree(this.#repository, folder, commit, this.#signal)
    const what = `the base commit ${commit.slice(0, 12)}`
    if (!this.#hasSameLock(folder)) {
      const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--prefer-offline']
      await this.#run(args, folder, `the packages of ${what} cannot be installed`)
    }
    await this.#build(folder, what)
    return folder
  }

  /** @returns the folder of the working tree's files, not yet compiled: what changes there meanwhile does no harm */
  async snapshot(name: string): Promise<string> {
    const folder = join(this.#root, name)
    mkdirSync(folder)
    for (const file of await filesOf(this.#repository, this.#signal)) {
      // A link to packages elsewhere is a file to git.
      if (file === 'node_modules') continue
      const [from, to] = [join(this.#repository.top, file), join(folder, file)]
      // Deleted and not yet committed, or the folder of a submodule.
      const found = lstatSync(from, { throwIfNoEntry: false })
      if (found === undefined || found.isDirectory()) continue
      mkdirSync(dirname(to), { recursive: true })
      if (found.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
      else copyFileSync(from, to)
    }
    return folder
  }

  /** A second tree of the same files. */
  copy(folder: string, name: string): string {
    const copy = join(this.#root, name)
    cpSync(folder, copy, { recursive: true, verbatimSymlinks: true })
    return copy
  }

  /** Compiles a snapshot with the packages of the working tree. */
  async build(folder: string): Promise<void> {
    this.#linkPackages(folder)
    await this.#build(folder, 'the working tree')
  }

  /** The packages of the working tree serve, where the base asks for exactly the same: both sides then share them. */
  #hasSameLock(folder: string): boolean {
    const [own, base] = [this.#repository.top, folder].map((root) => readText(join(root, LOCK)))
    if (own === null || own !== base) return false
    return this.#linkPackages(folder)
  }

  #linkPackages(folder: string): boolean {
    const packages = join(this.#repository.top, 'node_modules')
    if (!existsSync(packages)) return false
    symlinkSync(packages, join(folder, 'node_modules'))
    return true
  }

  async #build(folder: string, what: string): Promise<void> {
    await this.#run(['run', 'build'], folder, `${what} does not compile`)
    if (existsSync(join(folder, CONTESTANT))) return
    throw new GateRefusal(
      `${what} has nothing that the gate can measure`,
      `its build makes no ${CONTESTANT}: it is older than the gate`,
      'compare with a newer commit',
    )
  }

  async #run(args: readonly string[], cwd: string, complaint: string): Promise<void> {
    const { code, stdout, stderr } = await runTool('npm', args, { cwd, signal: this.#signal })
    if (code === 0) return
    throw new GateRefusal(
      complaint,
      firstComplaint(stderr, stdout),
      `in a checkout of it, npm ${args[0]}${args[0] === 'run' ? ` ${args[1]}` : ''} shows all of it`,
    )
  }

  /** Leaves nothing behind: no folder, and no worktree in the repository's list. */
  async remove(): Promise<void> {
    for (const folder of this.#worktrees) await removeWorktree(this.#repository, folder)
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 3 })
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** npm's own lines frame what the compiler has said. */
function firstComplaint(...texts: readonly string[]): string {
  const lines = texts.flatMap((text) => text.split('\n')).map((line) => line.trim())
  const said = lines.filter((line) => line !== '' && !/^(>|npm (error|warn|notice)\b)/i.test(line))
  const complaint = said.find((line) => /error/i.test(line)) ?? said[0] ?? lines.find((line) => line !== '')
  return (complaint ?? 'no reason given').slice(0, COMPLAINT_LENGTH)
}
