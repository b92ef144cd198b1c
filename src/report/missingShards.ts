import type { MeasuredRun } from '../records/runRecord.js'

/** A line for each matrix of which shards are there, and others are not. */
export function missingShards(runs: readonly MeasuredRun[]): string[] {
  const seen = new Map<string, { count: number; indexes: Set<number> }>()
  for (const { plan } of runs) {
    const { shard, ...matrix } = plan
    if (shard === undefined) continue
    const [index, count] = shard.split('/').map(Number)
    const key = JSON.stringify([count, matrix])
    const group = seen.get(key) ?? { count, indexes: new Set<number>() }
    seen.set(key, group)
    group.indexes.add(index)
  }
  return [...seen.values()].flatMap(({ count, indexes }) => {
    const all = Array.from({ length: count }, (_, at) => at + 1)
    const missing = all.filter((index) => !indexes.has(index)).map((index) => `${index}/${count}`)
    return missing.length === 0 ? [] : [`not the whole matrix: missing ${wordsFor(missing)}`]
  })
}

/** There may be thousands. */
const NAMED = 20

function wordsFor(shards: readonly string[]): string {
  const more = shards.length > NAMED ? ` and ${shards.length - NAMED} more` : ''
  return `${shards.length === 1 ? 'shard' : 'shards'} ${shards.slice(0, NAMED).join(', ')}${more}`
}
