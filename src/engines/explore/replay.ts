import { UsageError } from '../../contract/usageError.js'
import { describeStack } from '../../pagetable/routine.js'
import type { ExploreMachine } from './exploreMachine.js'
import type { Finding } from './exploreOracle.js'
import { encodeSchedule, type ScheduleStep } from './schedule.js'
import type { Settle } from './settle.js'
import { aheadOf, MOST_STATES } from './aheadOf.js'
import { reportStuck } from './stuckState.js'
import {
  ACT_AGAIN,
  ACT_COMMIT,
  ACT_CONTINUE,
  ACT_DELIVER,
  ACT_ENTER,
  ACT_FILL,
  ACT_INTERRUPT,
  ACT_KERNEL,
  ACT_LEAVE,
  ACT_OPERATION,
  ACT_POLL,
  ACT_REENTER,
  ACT_RESUME,
  ACT_SPURIOUS,
  ACT_TICK,
  ACT_WAKE,
  cpuOf,
  kindOf,
  paramOf,
} from './actions.js'
import type { Transitions } from './transitions.js'

/** One row of the table that a finding is printed as. */
export interface ReplayedStep {
  readonly cpu: number
  readonly action: string
  /** Shared words and TLB entries that the step has changed: name, before, after. */
  readonly changes: readonly string[]
}

const TEXTS: Record<number, string> = {
  [ACT_CONTINUE]: '',
  [ACT_INTERRUPT]: 'takes its interrupt',
  [ACT_SPURIOUS]: 'takes a spurious interrupt',
  [ACT_AGAIN]: 'calls its handler again',
  [ACT_TICK]: 'takes a tick',
  [ACT_WAKE]: 'wakes',
  [ACT_REENTER]: 'is run by the host again',
  [ACT_POLL]: 'polls',
  [ACT_ENTER]: 'enters the kernel',
  [ACT_LEAVE]: 'leaves the kernel',
  [ACT_RESUME]: 'resumes: its ticket is satisfied',
  [ACT_FILL]: '',
  [ACT_COMMIT]: 'its oldest store reaches memory',
}
export interface Replayed {
  readonly steps: ReplayedStep[]
  readonly finding: Finding | null
  /** Empty, or why there may be a finding all the same. */
  readonly remark: string
}

/** Words of the explorer, of one CPU alone, of the library's lists: what they say, the action says better. */
const HIDDEN =
  /^(?:log|private|openChanges|storeBuffer|broadcast|clockMoves|cpu|frames|tables|freeList|heldList|claimList|space|handle|arena|pool)\[/

/** Runs a schedule once and writes down what each step does. @throws UsageError where a step is not possible */
export function replay(
  machine: ExploreMachine,
  transitions: Transitions,
  settle: Settle,
  schedule: readonly ScheduleStep[],
): Replayed {
  const steps: ReplayedStep[] = []
  const notes: string[] = []
  for (const cpu of machine.cpus) cpu.port.onAccess = (text) => void notes.push(text)
  machine.speculation.onFill = (cpu, index) =>
    void notes.push(`CPU ${cpu} has cached page ${machine.held.pages[index].page} before`)
  const possible = new Int32Array(transitions.mostActions)
  for (const step of schedule) {
    if (machine.oracle.finding !== null) break
    const count = transitions.enabled(possible, 0)
    if (!possible.subarray(0, count).includes(step.action)) throw impossible(step, steps.length)
    notes.length = 0
    machine.choices.reset()
    machine.choices.plan(Int32Array.from(step.digits), 0, step.digits.length)
    const mark = machine.arena.trailLength
    const intent = intentOf(machine, step.action)
    if (!transitions.apply(step.action) || !machine.choices.isExhausted) throw impossible(step, steps.length)
    steps.push({
      cpu: cpuOf(step.action),
      action: [intent, ...notes].filter((text) => text !== '').join('; '),
      changes: changesSince(machine, mark),
    })
  }
  for (const cpu of machine.cpus) cpu.port.onAccess = null
  machine.speculation.onFill = null
  let remark = ''
  if (machine.oracle.finding === null && transitions.isFinal) settle.judgeEnd()
  else if (machine.oracle.finding === null) {
    const ahead = aheadOf(machine, transitions)
    if (ahead.ends === 'none') reportStuck(machine, ahead)
    if (ahead.ends === 'unknown') {
      const count = MOST_STATES.toLocaleString('en-US')
      remark = `not judged: no end is among the first ${count} states after it, and there are more`
    }
  }
  return { steps, finding: machine.oracle.finding, remark }
}

function intentOf(machine: ExploreMachine, action: number): string {
  if (kindOf(action) === ACT_OPERATION) {
    const { kind, page } = machine.operations[paramOf(action)]
    if (kind === 'idle') return 'goes idle'
    if (kind === 'preempt') return 'is taken off its processor by the host'
    return `begins ${kind} ${page}`
  }
  if (kindOf(action) === ACT_KERNEL) return `kernel ${describeStack(machine.cpus[cpuOf(action)].p)}`
  if (kindOf(action) === ACT_DELIVER) return machine.broadcasts.describe(paramOf(action))
  return TEXTS[kindOf(action)]
}

function changesSince(machine: ExploreMachine, mark: number): string[] {
  const { arena, cell } = machine
  const changes: string[] = []
  for (const [word, before] of arena.writtenSince(mark)) {
    if (arena.words[word] === before) continue
    const name = cell.layout.nameOf(word)
    const index = machine.tracked.indexOfWord(word)
    const shown = index < 0 ? name : `entry of page ${machine.tracked.list[index].page}`
    if (index < 0 && HIDDEN.test(name)) continue
    changes.push(`${shown} ${before} -> ${arena.words[word]}`)
  }
  return changes
}

function impossible(step: ScheduleStep, index: number): UsageError {
  return new UsageError(
    `--replay: step ${index + 1} (${encodeSchedule([step])}) is not possible there`,
    'the strategy, its parameters or the case are not those that the schedule was printed for',
    [],
    'give all options of the printed command',
  )
}
