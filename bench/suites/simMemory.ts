import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Memory, type SideRow, type UntimedSuite } from './suite.js'

const CPUS = 512
const PROBE = fileURLToPath(new URL('./memoryProbe.js', import.meta.url))

/** Not a matter of time, so no tinybench: one fresh process is one round, and takes several seconds. */
const suite: UntimedSuite = async (name) => {
  const { bare, peak } = await probe()
  const common = { suite: name, unit: 'MB', rounds: 1 } as const
  const bareRow: SideRow = {
    ...common,
    task: 'bare',
    operation: 'RSS of the process with everything loaded',
    value: bare,
    against: null,
    ratio: null,
    target: null,
  }
  const peakRow: SideRow = {
    ...common,
    task: 'cell',
    operation: `highest RSS during munmap-storm, ${CPUS} CPUs`,
    value: peak,
    against: 'bare',
    ratio: peak / bare,
    target: { kind: 'value', most: 150 },
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

export default suite
