import { shellWord } from '../harness/quote.js'
import { NEEDS_LUCK } from '../harness/reproduce.js'
import type { Script } from './script.js'
import { formatScript } from './scriptText.js'

/** A strategy that has failed a check, or the stress run. */
export interface TestFailure {
  readonly strategy: string
  readonly check: string
  /** null where none plays a part. */
  readonly script: Script | null
  /** Whether it takes luck to see it again. */
  readonly usesThreads: boolean
  readonly faults: readonly string[]
  /** What to type to see it again. */
  readonly command: string
}

/** The first few say what is wrong; a state line for each CPU follows where nothing goes on. */
const FAULTS_SHOWN = 10

export function checkCommand(strategy: string, check: string, script: Script | null): string {
  return commandOf('conform', strategy, ['--check', check], script)
}

export function stressCommandLine(strategy: string, script: Script): string {
  return commandOf('stress', strategy, [], script)
}

function commandOf(
  program: string,
  strategy: string,
  more: readonly string[],
  script: Script | null,
): string {
  const words = ['--strategy', strategy, ...more]
  if (script !== null) words.push('--tape', formatScript(script))
  return `npm run ${program} -- ${words.map(shellWord).join(' ')}`
}

export function describeFailure({ strategy, check, usesThreads, faults, command }: TestFailure): string {
  const lines = [`${strategy} fails ${check}`]
  for (const fault of faults.slice(0, FAULTS_SHOWN)) lines.push(`  ${fault}`)
  if (faults.length > FAULTS_SHOWN) lines.push(`  and ${faults.length - FAULTS_SHOWN} more`)
  lines.push(`  reproduce: ${command}`)
  if (usesThreads) lines.push(`  ${NEEDS_LUCK}`)
  return `${lines.join('\n')}\n`
}
