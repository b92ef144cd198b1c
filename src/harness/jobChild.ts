import { type ChildProcess, fork } from 'node:child_process'
import type { Job, JobDone, JobFailed } from './job.js'

/** An abort is no result: the job may be run again later. */
export type ChildOutcome<Done> = Done | JobFailed | 'aborted'

/** Enough to see V8's last words (out of memory, an import that fails) and no more. */
const STDERR_KEPT = 4096

interface Running<Done> {
  settle(outcome: ChildOutcome<Done>): void
  timer: NodeJS.Timeout
}

/**
 * A process that runs jobs, one at a time. It gets a process group of its own, because Ctrl-C is sent
 * to the terminal's whole group and the parent decides what is killed.
 */
export class JobChild<Work = Job, Done extends { status: 'done' } = JobDone> {
  readonly #process: ChildProcess
  readonly #closed: Promise<void>
  #running: Running<Done> | undefined
  #lastWords = ''
  /** Why the process was killed by its parent, if it was. */
  #killedFor: 'abort' | 'limit' | undefined
  #limitMs = 0
  /** Whether it can be given another job. */
  isUsable = true

  constructor(entry: string) {
    this.#process = fork(entry, [], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      detached: true,
    })
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-STDERR_KEPT)
    })
    this.#process.on('message', (message) => {
      // The child's entry is the one that was asked for, and answers in its type.
      if (isResult(message)) this.#settle(message.result as Done | JobFailed)
    })
    this.#closed = new Promise((close) => {
      // Not 'exit': messages that the child sent before it exited may still be in the channel then.
      this.#process.on('close', (code, signal) => {
        this.isUsable = false
        this.#settle(this.#obituary(`its process ended without an answer (${ending(code, signal)})`))
        close()
      })
      this.#process.on('error', (error) => {
        this.isUsable = false
        // Where the process never came to be, 'close' does not follow.
        if (this.#process.pid !== undefined) return
        this.#settle(failed('the process of this repetition cannot be started', error.message))
        close()
      })
    })
  }

  /** @param limitMs after which the process is killed */
  run(job: Work, limitMs: number): Promise<ChildOutcome<Done>> {
    this.#limitMs = limitMs
    return new Promise((settle) => {
      const timer = setTimeout(() => this.#kill('limit'), limitMs)
      this.#running = { settle, timer }
      // A child that dies at once makes the send fail; 'close' tells the reason better.
      if (this.#process.pid !== undefined) this.#process.send({ type: 'job', job }, () => {})
    })
  }

  #settle(outcome: ChildOutcome<Done>): void {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    clearTimeout(running.timer)
    // What has failed may have left anything behind.
    if (outcome === 'aborted' || outcome.status === 'failed') this.isUsable = false
    running.settle(outcome)
  }

  #obituary(what: string): JobFailed | 'aborted' {
    if (this.#killedFor === 'abort') return 'aborted'
    const why = lastWord(this.#lastWords)
    if (this.#killedFor === 'limit') return failed(`no answer within ${this.#limitMs / 1000} s, killed`, why)
    return failed(what, why)
  }

  #kill(reason: 'abort' | 'limit'): void {
    this.#killedFor ??= reason
    this.#process.kill('SIGKILL')
  }

  /** Kills the process, whatever it does, and waits until it is gone. */
  async end(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#kill('abort')
    await this.#closed
  }
}

function isResult(message: unknown): message is { type: 'result'; result: { status: string } } {
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

function failed(what: string, why: string): JobFailed {
  const message = why === '' ? what : `${what}\n${why.slice(0, 300)}`
  return { status: 'failed', message, cpuStates: [], violations: [] }
}
