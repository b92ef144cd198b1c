import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * What the compiled package and its tests need to run, in a folder of its own: a mutant is written
 * over the compiled file there, and the package itself is never touched.
 */
export class PackageCopy {
  readonly root: string

  constructor(packageRoot: string) {
    this.root = mkdtempSync(join(tmpdir(), 'shootdown-mutants-'))
    for (const folder of ['dist', 'test'])
      cpSync(join(packageRoot, folder), join(this.root, folder), { recursive: true })
    const profiles = join('src', 'machine', 'profiles')
    mkdirSync(join(this.root, 'src', 'machine'), { recursive: true })
    cpSync(join(packageRoot, profiles), join(this.root, profiles), { recursive: true })
    for (const file of ['package.json', 'vitest.config.ts', 'tsconfig.json'])
      cpSync(join(packageRoot, file), join(this.root, file))
    symlinkSync(join(packageRoot, 'node_modules'), join(this.root, 'node_modules'))
  }

  fileOf(strategyFile: string): string {
    return join(this.root, 'dist', 'src', 'strategies', strategyFile)
  }

  /** Puts a text in the place of a compiled strategy file for as long as `use` takes. */
  async with<T>(strategyFile: string, text: string, use: () => Promise<T>): Promise<T> {
    const path = this.fileOf(strategyFile)
    const before = readFileSync(path, 'utf8')
    writeFileSync(path, text)
    try {
      return await use()
    } finally {
      writeFileSync(path, before)
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
