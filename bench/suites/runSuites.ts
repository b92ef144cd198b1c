import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { combine, type SuiteRow } from './combine.js'
import type { SideRow } from './suite.js'
import type { Answer } from './suiteProcess.js'

const ENTRY = fileURLToPath(new URL('./suiteProcess.js', import.meta.url))
/** On top of the budget, for the start of processes, setups and the round that is under way. */
const GRACE_MS = 60_000

/**
 * Every suite so many times, each time in a fresh process. All suites have their first turn before any
 * has its second, so that a load that comes and goes does not fall on one of them alone. A suite that
 * has failed gets no further turn.
 */
export async function runProcesses(
  names: readonly string[],
  processes: number,
  budgetMs: number,
): Promise<{ rows: SuiteRow[]; errors: Map<string, string> }> {
  const seen = new Map<string, SideRow[][]>(names.map((name) => [name, []]))
  const errors = new Map<string, string>()
  for (let turn = 1; turn <= processes; turn++) {
    for (const [name, rows] of seen) {
      if (errors.has(name)) continue
      if (process.stderr.isTTY) process.stderr.write(`${name}, ${turn} of ${processes} ...\n`)
      const answer = await runSuite(name, budgetMs, turn)
      if ('rows' in answer) rows.push(answer.rows)
      else errors.set(name, answer.error)
    }
  }
  const sound = names.filter((name) => !errors.has(name))
  return { rows: sound.flatMap((name) => combine(seen.get(name) ?? [])), errors }
}

/**
 * Runs one suite in a fresh process: what another suite has taught V8 would change what this one sees.
 * @param turn seeds the order in its rounds
 */
function runSuite(name: string, budgetMs: number, turn: number): Promise<Answer> {
  return new Promise((settle) => {
    const child: ChildProcess = fork(ENTRY, [name, String(budgetMs), String(turn)], {
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
