import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CheckPlace, ConformMessage, ConformWork } from './conformWork.js'
import type { Verdict } from './conform.js'

const ENTRY = fileURLToPath(new URL('./conformProcess.js', import.meta.url))

/** The check that was running when a signal came, and how many tapes it had done. */
export interface Unfinished {
  readonly place: CheckPlace
  readonly tapes: number
}

/**
 * Runs the checks in a process of their own, and kills it at the signal.
 * @returns what was running then; null where nothing was
 */
export function runConform(
  work: ConformWork,
  signal: AbortSignal,
  onVerdict: (place: CheckPlace, verdict: Verdict) => void,
): Promise<Unfinished | null> {
  return new Promise((settle, fail) => {
    // In a group of its own: the terminal's Ctrl-C must reach this process only.
    const child = fork(ENTRY, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true })
    const stop = (): void => void child.kill('SIGKILL')
    signal.addEventListener('abort', stop, { once: true })
    let unfinished: Unfinished | null = null
    let failure: string | null = null
    child.on('message', (message: ConformMessage) => {
      if (message.kind === 'error') failure = message.message
      else if (message.kind === 'progress') unfinished = message
      else {
        unfinished = null
        onVerdict(message.place, message.verdict)
      }
    })
    child.on('error', fail)
    child.on('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop)
      if (signal.aborted) return settle(unfinished)
      if (failure !== null) return fail(new Error(failure))
      if (code === 0) return settle(null)
      const where = unfinished === null ? '' : ` in ${unfinished.place.check} of ${unfinished.place.strategy}`
      fail(new Error(`the process of the checks has died${where}: ${killedBy ?? `exit code ${code}`}`))
    })
    child.send(work)
  })
}
