import { defineConfig } from 'vitest/config'

/**
 * Files that wait for other programs or only count: two of them share two cores well. All others run one at a time,
 * because they have real workers that wait for each other, or look for what takes luck.
 */
const BESIDE_OTHERS = ['gate', 'explore', 'report', 'shard', 'stats', 'records'].map(
  (name) => `test/${name}*.test.ts`,
)

export default defineConfig({
  test: {
    testTimeout: 30_000,
    reporters: ['default', './test/support/closingLine.ts'],
    // Node loads the compiled code itself: transformed by vitest, measured code is 14 to 17 times slower.
    server: { deps: { external: [/\/dist\//] } },
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: BESIDE_OTHERS,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'beside', include: BESIDE_OTHERS, maxWorkers: 2, sequence: { groupOrder: 2 } },
      },
    ],
  },
})
