import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { WallClockVerdict } from '../../dist/src/gate/verdict.js'
import { ROOT, start } from './steeredBench.js'

/** One cell is enough: the stub answers whatever it is asked. */
export const ONE_CELL = ['--cells', '^threads/immediate/munmap-storm/2$']

const LOCK = {
  name: 'stub',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: { '': { name: 'stub', version: '1.0.0' } },
}

/**
 * A git repository whose build copies src to dist/bench, with a contestant that counts to a number. It has a temporary
 * folder of its own, so that what is left behind shows.
 */
export class StubRepository {
  readonly #root = realpathSync(mkdtempSync(join(tmpdir(), 'shootdown-stub-')))
  readonly path = join(this.#root, 'repository')
  readonly temporary = join(this.#root, 'tmp')
  readonly #gate: string

  /** @param gate the command: of this tree, or of a changed copy */
  constructor(gate = join(ROOT, 'dist', 'scripts', 'gate.js')) {
    this.#gate = gate
    mkdirSync(this.temporary)
    mkdirSync(join(this.path, 'node_modules'), { recursive: true })
    this.git('init', '--quiet', '--initial-branch=main')
    this.write('.gitignore', 'dist\nnode_modules\nresults\n')
    const scripts = { build: 'node build.mjs', postinstall: 'node installed.mjs' }
    this.write('package.json', JSON.stringify({ name: 'stub', version: '1.0.0', type: 'module', scripts }))
    this.write(
      'build.mjs',
      `import { cpSync } from 'node:fs'\ncpSync('src', 'dist/bench', { recursive: true })\n`,
    )
    this.write(
      'installed.mjs',
      `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(this.installed)}, process.cwd() + '\\n')\n`,
    )
    this.lock('1.0.0')
  }

  /** Names the folders in which `npm ci` has run. */
  get installed(): string {
    return join(this.#root, 'installed')
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.path, file)), { recursive: true })
    writeFileSync(join(this.path, file), text)
  }

  /** A lock file without packages, so that nothing is fetched. */
  lock(version: string): void {
    const packages = { '': { ...LOCK.packages[''], version } }
    this.write('package-lock.json', JSON.stringify({ ...LOCK, version, packages }))
  }

  /** What is measured takes as long as this many steps. */
  contestant(steps: number | string): void {
    this.write(
      'src/contestant.js',
      `export const CONTESTANT_PROTOCOL = 1
const steps = ${steps}
let seen = 1
function pass() {
  const start = performance.now()
  for (let step = 0; step < steps; step++) seen = Math.imul(seen ^ step, 1664525) + 1013904223
  return (performance.now() - start) * 1e6 + (seen === 0.5 ? 1 : 0)
}
export const open = async () => ({
  work: 'counts',
  warmUp: async () => void pass(),
  pass: async () => pass(),
  close: async () => {},
})
`,
    )
  }

  git(...args: string[]): string {
    const who = ['-c', 'user.name=stub', '-c', 'user.email=stub@localhost', '-c', 'commit.gpgsign=false']
    return execFileSync('git', ['-C', this.path, ...who, ...args], { encoding: 'utf8' })
  }

  commit(): string {
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '--message', 'stub')
    return this.git('rev-parse', 'HEAD').trim()
  }

  start(...args: string[]) {
    return start(this.#gate, args, this.path, { ...process.env, TMPDIR: this.temporary })
  }

  gate(...args: string[]) {
    return this.start(...args).ended
  }

  /** Of the last gate run. */
  verdict(): WallClockVerdict {
    const folders = join(this.path, 'results', 'gate')
    const last = readdirSync(folders).sort().at(-1)!
    return JSON.parse(readFileSync(join(folders, last, 'verdict.json'), 'utf8')) as WallClockVerdict
  }

  /** What gate runs have left: files in the temporary folder, worktrees beside the repository, processes in either. */
  leftovers(...places: string[]): string[] {
    const worktrees = this.git('worktree', 'list', '--porcelain').match(/^worktree .*$/gm) ?? []
    return [
      ...readdirSync(this.temporary).filter((name) => name.startsWith('shootdown-gate-')),
      ...worktrees.filter((line) => line !== `worktree ${this.path}`),
      ...processesIn([this.#root, ...places]).map(({ id, command }) => `${id} ${command}`),
    ]
  }

  /** A test that is red must not leave a build behind that never ends. */
  remove(): void {
    for (const { id } of processesIn([this.#root])) process.kill(id, 'SIGKILL')
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** Processes that run a file below one of these folders, or stand in one. */
function processesIn(folders: readonly string[]): { id: number; command: string }[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  return ids.flatMap((id) => {
    try {
      const command = readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')
      const place = realpathSync(`/proc/${id}/cwd`)
      return folders.some((folder) => command.includes(folder) || place.startsWith(folder))
        ? [{ id: Number(id), command }]
        : []
    } catch {
      // It ended meanwhile.
      return []
    }
  })
}
