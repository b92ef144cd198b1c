import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** `npm run bench` as users run it, but its repetitions run in test/fixtures/cli/child.mjs. */
export const ROOT = join(import.meta.dirname, '..', '..')
export const STEERED = './test/fixtures/cli/steered.mjs'
export const WORK = './test/fixtures/cli/work.mjs'

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export function startSteered(...args: string[]): { process: ChildProcess; ended: Promise<Ended> } {
  return start('test/fixtures/cli/bench.mjs', args)
}

/** With a strategy and a workload of its own where the arguments name none. */
export function steered(...args: string[]): Promise<Ended> {
  const strategy = args.includes('--strategy') ? [] : ['--strategy', STEERED]
  const workload = args.includes('--workload') ? [] : ['--workload', WORK]
  return startSteered(...strategy, ...workload, ...args).ended
}

/** The real command. */
export function bench(...args: string[]): Promise<Ended> {
  return start('dist/scripts/bench.js', args).ended
}

export function report(...args: string[]): Promise<Ended> {
  return start('dist/scripts/report.js', args).ended
}

export function shootdown(...args: string[]): Promise<Ended> {
  return start('dist/scripts/shootdown.js', args).ended
}

export function start(
  script: string,
  args: string[],
  cwd = ROOT,
  env = process.env,
): { process: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [script, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  const ended = new Promise<Ended>((settle) => child.on('close', (code) => settle({ code, stdout, stderr })))
  return { process: child, ended }
}

/** Ids of the processes that run repetitions on behalf of `parent`. */
export function childrenOf(parent: number, entry = 'fixtures/cli/child.mjs'): number[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return ids.map(Number).filter((id) => {
    try {
      const command = readFileSync(`/proc/${id}/cmdline`, 'utf8')
      const parentId = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1])
      return command.includes(entry) && parentId === parent
    } catch {
      return false
    }
  })
}

/** The process group: what a terminal sends its Ctrl-C to. */
export function groupOf(id: number): number {
  const stat = readFileSync(`/proc/${id}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
}

export async function until(holds: () => boolean, what: string, limitMs = 10_000): Promise<void> {
  for (let waitedMs = 0; !holds(); waitedMs += 20) {
    if (waitedMs > limitMs) throw new Error(`never happened: ${what}`)
    await new Promise((wake) => setTimeout(wake, 20))
  }
}

export const column = (file: string, name: string): string[] => {
  const [header, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n')
  const at = header.split(',').indexOf(name)
  return rows.map((row) => row.split(',')[at])
}
