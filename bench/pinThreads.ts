import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/**
 * Where the scheduler has put a pair of workers it leaves them, and on a machine whose cores are not equal (a busy
 * neighbour, the other half of a core) one build then looks half as fast as the others for as long as it is measured.
 * So the first new thread of every build gets the first core, the second one the second, and so on.
 *
 * Node cannot do that; taskset of util-linux can, on Linux. Elsewhere, or without it, threads stay where they are.
 */
export class ThreadPins {
  #known: ReadonlySet<string> = threads()

  /** Pins the threads that have come since the last call. */
  pinNew(): void {
    const now = threads()
    const fresh = [...now].filter((id) => !this.#known.has(id)).sort((a, b) => Number(a) - Number(b))
    this.#known = now
    const cores = availableParallelism()
    fresh.forEach((id, at) => {
      spawnSync('taskset', ['-pc', String(at % cores), id], { stdio: 'ignore' })
    })
  }
}

function threads(): Set<string> {
  try {
    return new Set(readdirSync('/proc/self/task'))
  } catch {
    return new Set()
  }
}
