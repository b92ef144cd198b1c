import { CHECKS } from './checks.js'
import { conform, conformOn } from './conform.js'
import type { ConformMessage, ConformWork } from './conformWork.js'
import { scriptOf } from './scriptOf.js'
import { loadSubjects } from './subject.js'

const SHRINK_MS = 20_000
/** With a given tape, on real threads: the same work meets in other ways each time. */
const REPEATS_ON_THREADS = 20

/**
 * Entry of the process of the checks. They leave the event loop no turn while a tape runs, and a hook
 * may never return, so whoever listens to Ctrl-C stands outside.
 */
async function run({ strategies, checks, tapes, seed, tape }: ConformWork): Promise<void> {
  const script = tape === null ? null : scriptOf(tape)
  for (const subject of await loadSubjects(strategies)) {
    for (const check of CHECKS.filter(({ name }) => checks.includes(name))) {
      const place = { strategy: subject.spec, check: check.name }
      const onTape = (done: number) => tell({ kind: 'progress', place, tapes: done })
      await onTape(0)
      const verdict =
        script === null
          ? await conform(subject, { check, tapes, seed, shrinkMs: SHRINK_MS }, onTape)
          : await conformOn(subject, check, script, check.usesThreads ? REPEATS_ON_THREADS : 1, onTape)
      await tell({ kind: 'verdict', place, verdict })
    }
  }
}

function tell(message: ConformMessage): Promise<void> {
  return new Promise((settle) => process.send?.(message, () => settle()))
}

// Without a parent nobody hears what is found.
process.once('disconnect', () => process.exit())
process.once('message', (work: ConformWork) => {
  void run(work)
    .catch((error: unknown) => {
      const shown = process.env['SHOOTDOWN_DEBUG'] && error instanceof Error ? error.stack : undefined
      return tell({ kind: 'error', message: shown ?? String(error) })
    })
    .then(() => process.disconnect())
})
