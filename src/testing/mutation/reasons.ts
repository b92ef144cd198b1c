import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/**
 * Why a survivor survives. `equivalent`: nothing that anybody could see is different. `cost`: only
 * time or the number of accesses is. `gap`: it is wrong, and nothing here sees it.
 */
const VERDICTS = ['equivalent', 'cost', 'gap'] as const
export type Verdict = (typeof VERDICTS)[number]

export interface Reason {
  readonly verdict: Verdict
  readonly reason: string
}

const schema = z.array(
  z.strictObject({
    verdict: z.enum(VERDICTS),
    reason: z.string().min(1),
    /** Keys of `Mutant`. */
    mutants: z.array(z.string()).min(1),
  }),
)

/** The committed reasons, by the mutant's key. */
export function readReasons(packageRoot: string): ReadonlyMap<string, Reason> {
  const path = join(packageRoot, 'src', 'testing', 'mutation', 'reasons.json')
  const groups = schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  return new Map(
    groups.flatMap(({ verdict, reason, mutants }) =>
      mutants.map((key): [string, Reason] => [key, { verdict, reason }]),
    ),
  )
}
