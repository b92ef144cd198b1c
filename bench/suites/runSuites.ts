import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer } from './suiteProcess.js'

const ENTRY = fileURLToPath(new URL('./suiteProcess.js', import.meta.url))
/** On top of the budget, for the start of processes, setups and the round that is under way. */
const GRACE_MS = 60_000

/** Runs one suite in a fresh process: what another suite has taught V8 would change what this one sees. */
export function runSuite(name: string, budgetMs: number): Promise<Answer> {
  return new Promise((settle) => {
    const child: ChildProcess = fork(ENTRY, [name, String(budgetMs)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    })
    let answer: Answer | undefined
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, budgetMs + GRACE_MS)
    child.once('message', (message: Answer) => {
      answer = message
    })
    const end = (reason: string): void => {
      clearTimeout(timer)
      settle(answer ?? { error: isLate ? `no answer within ${(budgetMs + GRACE_MS) / 1000} s` : reason })
    }
    child.once('error', (error) => end(error.message))
    // Not 'exit': the answer may still be in the channel then.
    child.once('close', (code, signal) => end(`its process ended without an answer (${signal ?? code})`))
  })
}
