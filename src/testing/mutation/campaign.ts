import { createHash } from 'node:crypto'
import type { Catch } from './check.js'
import type { Mutant } from './mutant.js'
import { PackageCopy } from './packageCopy.js'
import type { StrategyFile } from './strategyFiles.js'
import { countUnchanged, tryMutant, type LadderPlan } from './tryMutant.js'

/** A mutant and what became of it. */
export interface MutantResult {
  readonly key: string
  /** Of the mutated file: a result of another day holds while this is the same. */
  readonly digest: string
  readonly caught: Catch | null
}

export function digestOf(mutant: Mutant): string {
  return createHash('sha256').update(mutant.text).digest('hex').slice(0, 16)
}

/**
 * Tries every mutant, several at a time, each in a copy of the package.
 * @param done called in the order in which they end
 */
export async function runCampaign(
  packageRoot: string,
  plan: LadderPlan,
  files: readonly StrategyFile[],
  jobs: number,
  done: (result: MutantResult, mutant: Mutant) => void,
): Promise<void> {
  const queue = files.flatMap(({ mutants, users }) => mutants.map((mutant) => ({ mutant, users })))
  if (queue.length === 0) return
  const copies = Array.from({ length: jobs }, () => new PackageCopy(packageRoot))
  try {
    const strategies = [...new Set(files.flatMap(({ users }) => users))]
    const counts = await countUnchanged(copies[0], plan, strategies)
    let next = 0
    const work = async (copy: PackageCopy): Promise<void> => {
      while (next < queue.length) {
        const { mutant, users } = queue[next++]
        const caught = await tryMutant(copy, plan, users, counts, mutant)
        done({ key: mutant.key, digest: digestOf(mutant), caught }, mutant)
      }
    }
    await Promise.all(copies.map(work))
  } finally {
    for (const copy of copies) copy.remove()
  }
}
