import { MOST_STATES, type Ahead } from './aheadOf.js'
import type { ExploreCpu } from './exploreCpu.js'
import type { ExploreMachine } from './exploreMachine.js'

/** Places named for one CPU: in a longer circle the first ones say enough. */
const MOST_PLACES = 4

/** I8: no schedule from the present state has an end, because nobody can get on, or because some CPUs go round for ever. */
export function reportStuck({ cpus, oracle }: ExploreMachine, ahead: Ahead): void {
  const [cpu] = [...cpus.filter((each) => !each.isInUserMode), ...cpus]
  const goingRound = cpus.filter(({ id }) => ahead.doings.has(id))
  const message =
    goingRound.length === 0
      ? `no CPU can get on: ${cpus.map((each) => each.describe()).join('; ')}`
      : circleOf(cpus, goingRound, ahead)
  oracle.report('I8', cpu.id, 0, message)
}

function circleOf(cpus: readonly ExploreCpu[], goingRound: readonly ExploreCpu[], ahead: Ahead): string {
  const states =
    ahead.ends === 'unknown'
      ? `more than ${MOST_STATES.toLocaleString('en-US')}`
      : ahead.states.toLocaleString('en-US')
  const places = cpus.map((each) => {
    const all = [...(ahead.doings.get(each.id) ?? [])]
    if (all.length === 0) return `${each.describe()} for ever`
    const more = all.length > MOST_PLACES ? ', and on' : ''
    return `CPU ${each.id} ${all.slice(0, MOST_PLACES).join(', ')}${more}`
  })
  const verb = goingRound.length === 1 ? 'goes' : 'go'
  const names = goingRound.map(({ id }) => `CPU ${id}`).join(' and ')
  return `${names} ${verb} round through ${states} states, from which no end can be reached: ${places.join('; ')}`
}
