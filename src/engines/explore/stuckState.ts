import type { ExploreMachine } from './exploreMachine.js'
import type { Transitions } from './transitions.js'

/** I8: nobody can get on, and somebody wants to. */
export function reportStuck({ cpus, oracle }: ExploreMachine): void {
  const [cpu] = [...cpus.filter((each) => !each.isInUserMode), ...cpus]
  oracle.report('I8', cpu.id, 0, `no CPU can get on: ${cpus.map((each) => each.describe()).join('; ')}`)
}

/** Whether no action leads from the present state to another one. The search knows it anyway; a replay has to try. */
export function isStuck(machine: ExploreMachine, transitions: Transitions): boolean {
  const { arena, choices, oracle } = machine
  const { trailLength, hashLow, hashHigh } = arena
  const actions = new Int32Array(transitions.mostActions)
  const count = transitions.enabled(actions, 0)
  let isAlive = transitions.isFinal
  for (let index = 0; index < count && !isAlive; index++) {
    choices.reset()
    do {
      const digits = choices.digits.slice()
      const { planned } = choices
      choices.reset()
      choices.plan(digits, 0, planned)
      const isPossible = transitions.apply(actions[index])
      const hasMoved = arena.hashLow !== hashLow || arena.hashHigh !== hashHigh
      isAlive ||= !isPossible || hasMoved || oracle.finding !== null
      oracle.finding = null
      arena.undoTo(trailLength, hashLow, hashHigh)
    } while (choices.next())
  }
  return !isAlive
}
