import { type ChildProcess, fork } from 'node:child_process'
import type { Job, JobResult } from './job.js'

/** An abort is no result: the job may be run again later. */
export type ChildOutcome = JobResult | 'aborted'

export interface ChildOptions {
  /** The child's entry file. */
  entry: string
  /** What a child gets on top of the job's own watchdog before it is killed, and after its answer to exit. */
  graceMs: number
  signal: AbortSignal
}

/** Enough to see V8's last words (out of memory, an import that fails) and no more. */
const STDERR_KEPT = 4096

/**
 * One job in one fresh process: a class of strategy that the process has never seen cannot slow down the next one.
 *
 * Settles only when the process is gone, so that whoever waits for this leaves no process behind. The child gets a
 * process group of its own, because Ctrl-C is sent to the terminal's whole group and the parent decides what is killed.
 */
export function runChild(job: Job, options: ChildOptions): Promise<ChildOutcome> {
  if (options.signal.aborted) return Promise.resolve('aborted')
  const limitMs = job.watchdogMs + options.graceMs
  return new Promise((settle) => {
    let answer: JobResult | undefined
    let spawnError: Error | undefined
    let timedOut = false
    let lastWords = ''
    const child: ChildProcess = fork(options.entry, [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      detached: true,
    })
    const kill = (): void => void child.kill('SIGKILL')
    let timer = setTimeout(() => {
      timedOut = true
      kill()
    }, limitMs)
    options.signal.addEventListener('abort', kill)

    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-STDERR_KEPT)
    })
    child.on('message', (message) => {
      if (answer !== undefined || !isResult(message)) return
      answer = message.result
      clearTimeout(timer)
      timer = setTimeout(kill, options.graceMs)
    })
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', kill)
      if (answer !== undefined) settle(answer)
      else if (options.signal.aborted) settle('aborted')
      else if (spawnError !== undefined)
        settle(failed('the process of this repetition cannot be started', spawnError.message))
      else if (timedOut) settle(failed(`no answer within ${limitMs / 1000} s, killed`, lastWord(lastWords)))
      else
        settle(failed(`its process ended without an answer (${ending(code, signal)})`, lastWord(lastWords)))
    }
    child.on('error', (error) => {
      spawnError = error
      // Where the process never came to be, 'close' does not follow.
      if (child.pid === undefined) finish(null, null)
    })
    // Not 'exit': messages that the child sent before it exited may still be in the channel then.
    child.on('close', finish)
    if (child.pid !== undefined) {
      // A child that dies at once makes the send fail; 'close' tells the reason better.
      child.send({ type: 'job', job }, () => {})
    }
  })
}

function isResult(message: unknown): message is { type: 'result'; result: JobResult } {
  if (typeof message !== 'object' || message === null) return false
  const { type, result } = message as { type?: unknown; result?: { status?: unknown } }
  return type === 'result' && (result?.status === 'done' || result?.status === 'failed')
}

function ending(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}

/** The line that names the error: around it node prints source code and a stack. Otherwise the last one. */
function lastWord(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.find((line) => /^(?:\w*Error\b.*:|FATAL ERROR)/.test(line)) ?? lines.at(-1) ?? ''
}

function failed(what: string, why: string): JobResult {
  const message = why === '' ? what : `${what}\n${why.slice(0, 300)}`
  return { status: 'failed', message, cpuStates: [], violations: [] }
}
