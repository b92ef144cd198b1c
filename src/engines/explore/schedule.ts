import { UsageError } from '../../contract/usageError.js'
import { actionOf, cpuOf, kindOf, paramOf } from './actions.js'

/** One transition of a schedule: the action, and the choices made on the way. */
export interface ScheduleStep {
  readonly action: number
  readonly digits: readonly number[]
}

/** One letter per kind of action, in the order of their numbers (transitions.ts). */
const LETTERS = 'cisatrkobfdwvpel'

/**
 * A schedule as one word that a command line can carry: per step the CPU, a letter, the operation (or
 * page, or broadcast) chosen, the choices after a slash; repeated steps are counted. `0o2.0c*7.1i.1c/1`
 */
export function encodeSchedule(steps: readonly ScheduleStep[]): string {
  const words: string[] = []
  let last = ''
  let times = 0
  for (const step of steps) {
    const word = encodeStep(step)
    if (word === last) {
      times++
      words[words.length - 1] = `${word}*${times}`
      continue
    }
    words.push(word)
    last = word
    times = 1
  }
  return words.join('.')
}

function encodeStep({ action, digits }: ScheduleStep): string {
  const hasParam = 'ofd'.includes(LETTERS[kindOf(action)])
  const param = hasParam ? String(paramOf(action)) : ''
  const choices = digits.some((digit) => digit !== 0) ? `/${digits.join('-')}` : ''
  return `${cpuOf(action)}${LETTERS[kindOf(action)]}${param}${choices}`
}

/** A step is repeated fewer than 10^5 times: no search goes that deep, and a slip of the finger must not fill the memory. */
const STEP =
  /^(?<cpu>[0-7])(?<letter>[cisatrkobfdwvpel])(?<param>\d*)(?:\/(?<digits>\d+(?:-\d+)*))?(?:\*(?<times>[1-9]\d{0,4}))?$/

export function decodeSchedule(text: string): ScheduleStep[] {
  return text.split('.').flatMap((word) => {
    const groups = STEP.exec(word)?.groups
    if (groups === undefined) {
      throw new UsageError(
        `--replay has a step that is none: '${word}'`,
        'a step is a CPU, a letter and what was chosen, as in 0o2 or 1c/1',
        [],
        'copy the schedule as it was printed',
      )
    }
    const digits = groups['digits']?.split('-').map(Number) ?? []
    const action = actionOf(
      Number(groups['cpu']),
      LETTERS.indexOf(groups['letter']),
      Number(groups['param'] || 0),
    )
    return Array.from({ length: Number(groups['times'] ?? 1) }, () => ({ action, digits }))
  })
}
