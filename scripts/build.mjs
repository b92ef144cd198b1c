// Compiles src, bench and scripts to dist, then removes what a renamed or deleted source left behind
// there: strategies are found by scanning dist/src/strategies, so a leftover file would be a strategy
// that nobody can find the source of. Plain JavaScript, because it runs before anything is compiled.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Of src/harness/exitCodes.ts, which is not compiled yet. */
const EXIT_FAILED = 4

process.chdir(join(import.meta.dirname, '..'))

// The compiler's messages go to stderr: stdout belongs to the data of the program that runs next.
const compiler = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], {
  stdio: ['ignore', process.stderr, process.stderr],
})
if (compiler.error) throw compiler.error
// Not the compiler's own 1 or 2: `npm run gate` would end as if something had become slower.
if (compiler.status !== 0) {
  process.stderr.write('error: this tree does not compile, so nothing was run\n')
  process.exit(EXIT_FAILED)
}

// After the compiler, not before: its record of what it emitted has by now forgotten these files, so
// a source that comes back is emitted again.
for (const root of ['src', 'bench', 'scripts']) {
  const folder = join('dist', root)
  if (!existsSync(folder)) continue
  for (const file of readdirSync(folder, { recursive: true })) {
    const source = join(root, file.replace(/\.(js|js\.map|d\.ts)$/, '.ts'))
    if (!existsSync(source)) rmSync(join(folder, file), { recursive: true, force: true })
  }
}
