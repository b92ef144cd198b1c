import type { Reporter, TestModule } from 'vitest/node'

/**
 * Ends the output with `12 passed, 0 failed` on a line of its own, for whoever reads the output
 * instead of the exit code. A file that could not be loaded and an error outside of any test count
 * as failed: they have no failed test of their own, and the line must not look like success.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    let skipped = 0
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      const failedTests = tests.filter((test) => test.result().state === 'failed').length
      passed += tests.filter((test) => test.result().state === 'passed').length
      skipped += tests.filter((test) => test.result().state === 'skipped').length
      failed += module.state() === 'failed' && failedTests === 0 ? 1 : failedTests
    }
    process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  }
}
