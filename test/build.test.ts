import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, start } from './support/steeredBench.js'

test('a tree that does not compile ends as failed, not as slower (1) or mistyped (2)', async () => {
  const root = mkdtempSync(join(tmpdir(), 'shootdown-build-'))
  try {
    for (const part of ['package.json', 'tsconfig.json', 'scripts/build.mjs'])
      cpSync(join(ROOT, part), join(root, part))
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    mkdirSync(join(root, 'src'))
    writeFileSync(join(root, 'src', 'broken.ts'), "export const one: number = 'one'\n")
    const { code, stdout, stderr } = await start('scripts/build.mjs', [], root).ended
    expect([code, stdout]).toEqual([4, ''])
    expect(stderr).toContain('src/broken.ts')
    expect(stderr).toContain('error: this tree does not compile, so nothing was run')
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
