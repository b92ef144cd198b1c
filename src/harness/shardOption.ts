/** The option `--shard`, as typed. */
import { UsageError } from '../contract/usageError.js'
import { asTyped } from './quote.js'
import type { Shard } from './shard.js'
import { shardOfEnvironment } from './shardEnvironment.js'

/** Takes index and count from the variables of Slurm or a CI system. */
const AUTO = 'auto'

const MAX_SHARDS = 10_000

/** @param text as typed: `2/4` or `auto` */
export function parseShard(text: string, environment: Readonly<Record<string, string | undefined>>): Shard {
  const thing = `--shard ${asTyped(text)}`
  const shard = text.trim() === AUTO ? shardOfEnvironment(thing, environment) : ofText(thing, text)
  const { index, count } = shard
  if (count < 1 || count > MAX_SHARDS) {
    throw new UsageError(thing, `${count} shards, outside 1 to ${MAX_SHARDS}`, [], 'for example --shard 1/4')
  }
  if (index < 1 || index > count) {
    const reason = `there is no shard ${index} of ${count}: the first is 1/${count}, the last ${count}/${count}`
    throw new UsageError(thing, reason, [], `for example --shard 1/${count}`)
  }
  return shard
}

function ofText(thing: string, text: string): Shard {
  const match = /^\s*(\d{1,9})\/(\d{1,9})\s*$/.exec(text)
  if (match !== null) return { index: Number(match[1]), count: Number(match[2]) }
  throw new UsageError(thing, 'not INDEX/COUNT', [], `for example --shard 1/4, or --shard ${AUTO}`)
}
