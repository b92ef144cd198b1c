import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as coordinatorFile from '../../src/engines/threads/coordinator.js'
import { rewrite, type Rule } from './rewrite.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
/** What a worker loads. */
const FOLDERS = ['contract', 'machine', 'oracle', 'pagetable', 'engines', 'strategies']
/** Whose calls a rule is about: elsewhere the same names are something else. */
const REWRITTEN = ['pagetable', 'engines']
/** No worker runs it, and it has an oracle of its own. */
const LEFT_ALONE = 'engines/explore'

/** The compiled engine with hooks taken out, in a folder of its own: what it would be had they never been written. */
export class EngineCopy {
  readonly #root: string
  readonly #src: string

  constructor(rule: Rule) {
    this.#root = mkdtempSync(join(tmpdir(), 'shootdown-suite-'))
    this.#src = join(this.#root, 'src')
    for (const folder of FOLDERS)
      cpSync(join(ROOT, 'dist', 'src', folder), join(this.#src, folder), { recursive: true })
    cpSync(join(ROOT, 'package.json'), join(this.#root, 'package.json'))
    symlinkSync(join(ROOT, 'node_modules'), join(this.#root, 'node_modules'))
    let changed = 0
    for (const file of this.#files()) {
      const path = join(this.#src, file)
      const text = readFileSync(path, 'utf8')
      const without = rewrite(text, rule)
      if (without === text) continue
      writeFileSync(path, without)
      changed++
    }
    if (changed === 0) throw new Error('nothing was taken out of the engine')
  }

  #files(): string[] {
    return REWRITTEN.flatMap((folder) =>
      readdirSync(join(this.#src, folder), { recursive: true, encoding: 'utf8' }).map(
        (file) => `${folder}/${file}`,
      ),
    ).filter((file) => file.endsWith('.js') && !file.startsWith(LEFT_ALONE))
  }

  async load(): Promise<typeof coordinatorFile> {
    const file = join(this.#src, 'engines', 'threads', 'coordinator.js')
    return (await import(pathToFileURL(file).href)) as typeof coordinatorFile
  }

  get strategyFile(): string {
    return join(this.#src, 'strategies', 'immediate.js')
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}
