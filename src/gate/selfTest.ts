import { join } from 'node:path'
import { Builds } from './builds.js'
import { EXIT_PASS, EXIT_REGRESSION } from '../harness/exitCodes.js'
import { EXTRA_INTERRUPT, inject, INJECTED_STRATEGY, spin } from './injection.js'
import { openRepository } from './repository.js'
import { runTool } from './tool.js'
import { judgeTrees, type WallClockWork } from './wallClockGate.js'

/** One thing that the gate has to get right. */
export interface SelfTestResult {
  what: string
  expected: string
  seen: string
  held: boolean
}

/** Cell of the exact gate that has the injected strategy. */
const EXACT_CELL = `^sim/${INJECTED_STRATEGY}/munmap-storm/2$`
const GATE = join('dist', 'scripts', 'gate.js')
/** Iterations: a quarter to a third more for an unmap on the machine where it was tried. */
const GROSS_SPIN = 100

/**
 * Whether the gate can fail at all, and can pass: a tree is made worse on purpose and judged against itself. The exact
 * tier is run as a user would, by the copies' own command; the wall clock by what judges a pull request.
 *
 * Inconclusive is not red, so on a busy machine the identical builds may end there.
 * @param work with cells of the injected strategy
 */
export async function selfTest(folder: string, work: WallClockWork): Promise<SelfTestResult[]> {
  const repository = await openRepository(folder, work.signal)
  const builds = new Builds(repository, work.signal)
  try {
    work.onStep('building the working tree, as it is and made worse')
    const sound = await builds.snapshot('sound')
    const twin = builds.copy(sound, 'twin')
    const third = builds.copy(sound, 'third')
    const chatty = builds.copy(sound, 'chatty')
    const slow = builds.copy(sound, 'slow')
    inject(chatty, EXTRA_INTERRUPT)
    inject(slow, spin(GROSS_SPIN))
    const slowTwin = builds.copy(slow, 'slow-twin')
    for (const tree of [sound, twin, third, chatty, slow, slowTwin]) await builds.build(tree)

    const exact = async (what: string, tree: string, expected: number): Promise<SelfTestResult> => {
      work.onStep(what)
      const args = [GATE, '--cells', EXACT_CELL, '--out', join(tree, 'verdict')]
      const { code } = await runTool(process.execPath, args, { cwd: tree, signal: work.signal })
      return { what, expected: `exit code ${expected}`, seen: `exit code ${code}`, held: code === expected }
    }
    const wallClock = async (what: string, head: string, again: string, isRed: boolean) => {
      work.onStep(what)
      const startMs = performance.now()
      const names = { base: { ref: 'sound', commit: repository.commit }, head: { commit: null, dirty: null } }
      const { outcome, reason } = await judgeTrees({ base: sound, head, again }, startMs, work, names)
      return {
        what,
        expected: isRed ? 'regression' : 'pass or inconclusive',
        seen: `${outcome}: ${reason}`,
        held: isRed ? outcome === 'regression' : outcome === 'pass' || outcome === 'inconclusive',
      }
    }
    return [
      await exact('virtual time, the tree as it is', sound, EXIT_PASS),
      await exact('virtual time, one interrupt more at every change', chatty, EXIT_REGRESSION),
      await wallClock('wall clock, the same tree twice', twin, third, false),
      await wallClock('wall clock, a loop at every change', slow, slowTwin, true),
    ]
  } finally {
    await builds.remove()
  }
}
