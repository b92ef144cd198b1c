import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, ROOT, start } from './steeredBench.js'

/** The compiled program with the committed baseline, in a folder of its own: what a change would make of it. */
export class TreeCopy {
  readonly root = mkdtempSync(join(tmpdir(), 'shootdown-tree-'))

  constructor() {
    const isCode = (file: string): boolean => !file.endsWith('.map') && !file.endsWith('.d.ts')
    cpSync(join(ROOT, 'dist'), this.path('dist'), { recursive: true, filter: isCode })
    for (const part of ['package.json', 'src/machine/profiles', 'results/baseline'])
      cpSync(join(ROOT, part), this.path(part), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), this.path('node_modules'))
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts)
  }

  /** Fails where the text does not stand there exactly once: an edit that changes nothing would prove nothing. */
  edit(file: string, from: string, to: string): void {
    const parts = readFileSync(this.path(file), 'utf8').split(from)
    if (parts.length !== 2) throw new Error(`${file} has ${JSON.stringify(from)} ${parts.length - 1} times`)
    writeFileSync(this.path(file), parts.join(to))
  }

  /** Sets a cell in all rows of a baseline file, or in those of one oracle. */
  setBaseline(strategy: string, column: string, value: string, oracle?: string): void {
    const file = this.path('results', 'baseline', `sim-${strategy}.csv`)
    const [head, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n')
    const names = head.split(',')
    const [at, oracleAt] = [names.indexOf(column), names.indexOf('oracle')]
    if (at < 0) throw new Error(`no column ${column}`)
    const changed = rows.map((row) => {
      const cells = row.split(',')
      return oracle === undefined || cells[oracleAt] === oracle ? cells.with(at, value).join(',') : row
    })
    writeFileSync(file, [head, ...changed, ''].join('\n'))
  }

  gate(...args: string[]): Promise<Ended> {
    return start('dist/scripts/gate.js', args, this.root).ended
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
