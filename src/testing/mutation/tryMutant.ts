import type { PlannedCase } from '../../harness/explore/explorePlan.js'
import type { Catch } from './check.js'
import type { Mutant } from './mutant.js'
import type { PackageCopy } from './packageCopy.js'
import { runLadder } from './runLadder.js'
import { runTests } from './runTests.js'

export interface LadderPlan {
  readonly cases: readonly PlannedCase[]
  readonly profile: string
  readonly stateCount: number
  readonly longerStateCount: number
}

/** Counts of the strategies as they are; throws where the ladder catches one of them. */
export async function countUnchanged(
  copy: PackageCopy,
  plan: LadderPlan,
  strategies: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const job = { ...plan, strategies, isLonger: false, counts: {} }
  const { caught, counts } = await runLadder(copy.root, job)
  const found = caught ?? (await runTests(copy.root))
  if (found !== null)
    throw new Error(`the strategies as they are fail ${found.check} (${found.strategy}): ${found.what}`)
  return counts
}

/** Up the ladder until something catches it; null: nothing does. */
export function tryMutant(
  copy: PackageCopy,
  plan: LadderPlan,
  strategies: readonly string[],
  counts: Readonly<Record<string, string>>,
  mutant: Mutant,
): Promise<Catch | null> {
  return copy.with(mutant.file, mutant.text, async () => {
    const job = { ...plan, strategies, isLonger: false, counts }
    const first = await runLadder(copy.root, job)
    if (first.caught !== null) return first.caught
    const tested = await runTests(copy.root)
    if (tested !== null) return tested
    const longer = { ...job, stateCount: plan.longerStateCount, isLonger: true }
    return (await runLadder(copy.root, longer)).caught
  })
}
