import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { quantile } from '../../src/stats/quantile.js'
import { isMet, targetText, type Memory, type SuiteRow, type SuiteRun, type Target } from './suite.js'

const CPUS = 512
const TARGET: Target = { kind: 'value', most: 150 }
const PROBE = fileURLToPath(new URL('./memoryProbe.js', import.meta.url))
/** A process takes several seconds, whatever the budget: no more of them than this for one. */
const MS_OF_A_PROCESS = 1000

/** Not a matter of time, so no tinybench: one fresh process is one round. */
const run: SuiteRun = async (name, budgetMs) => {
  const seen: Memory[] = []
  const processes = Math.max(1, Math.min(3, Math.round(budgetMs / MS_OF_A_PROCESS)))
  for (let round = 0; round < processes; round++) seen.push(await probe())
  const peaks = seen.map(({ peak }) => peak)
  const bares = seen.map(({ bare }) => bare)
  const ratios = seen.map(({ bare, peak }) => peak / bare)
  const median = quantile(peaks, 0.5) ?? NaN
  const common = { suite: name, unit: 'MB', per_second: null, rounds: seen.length } as const
  const bareRow: SuiteRow = {
    ...common,
    task: 'bare',
    operation: 'RSS of the process with everything loaded',
    median: quantile(bares, 0.5) ?? NaN,
    against: null,
    ratio: null,
    ratio_p5: null,
    ratio_p95: null,
    target: null,
    met: null,
  }
  const peakRow: SuiteRow = {
    ...common,
    task: 'cell',
    operation: `highest RSS during munmap-storm, ${CPUS} CPUs`,
    median,
    against: 'bare',
    ratio: quantile(ratios, 0.5),
    ratio_p5: quantile(ratios, 0.05),
    ratio_p95: quantile(ratios, 0.95),
    target: targetText(TARGET, 'MB'),
    met: isMet(TARGET, { median, ratio: null, perSecond: null }),
  }
  return [bareRow, peakRow]
}

function probe(): Promise<Memory> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(PROBE, [String(CPUS)], { execArgv: [] })
    let answer: Memory | undefined
    child.once('message', (memory: Memory) => {
      answer = memory
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (answer === undefined) reject(new Error(`the process of ${CPUS} CPUs ended with ${code}`))
      else resolve(answer)
    })
  })
}

export default run
