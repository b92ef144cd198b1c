import { ROLE_INITIATOR } from '../contract/tape.js'
import { waitOf, type Wait, type WaitView } from './waits.js'

/**
 * Who waits for whom, in one sentence: from a CPU that waits along what it waits for, to the lost
 * interrupt, the killed CPU or the cycle at the end. Initiators first: the run waits for them.
 */
export function deadEnd(view: WaitView): string {
  const cpus = view.tapes.tapes.map((_, cpu) => cpu)
  const isInitiator = (cpu: number) => view.tapes.tapes[cpu].role === ROLE_INITIATOR
  for (const cpu of [...cpus.filter(isInitiator), ...cpus.filter((other) => !isInitiator(other))]) {
    const wait = waitOf(view, cpu)
    if (wait !== null) return follow(view, cpu, wait)
  }
  const killed = cpus.filter((cpu) => view.log?.isKilled(cpu))
  return killed.length > 0
    ? `CPU ${killed.join(', ')} was killed, and nobody waits`
    : 'nobody waits for another CPU'
}

function follow(view: WaitView, first: number, firstWait: Wait): string {
  let text = `CPU ${first} waits for`
  const seen = [first]
  let wait = firstWait
  let cpu = first
  for (;;) {
    const next = worstOf(view, cpu, wait)
    if (next === undefined) return `${text} ${wait.what}, and nothing that is on its way can bring it`
    text += ` ${wait.what} of CPU ${next}`
    if (view.log?.isKilled(next)) return `${text}, which was killed`
    if (view.log?.lostBy(cpu).includes(next)) return `${text}, whose interrupt was lost`
    if (seen.includes(next)) return `${text}: a cycle`
    const following = waitOf(view, next)
    if (following === null) {
      return view.isPending(next)
        ? `${text}, which has not taken its interrupt`
        : `${text}, which waits for nobody`
    }
    text += ', which waits for'
    seen.push(next)
    cpu = next
    wait = following
  }
}

/** Of several, the one that will never come. */
function worstOf(view: WaitView, cpu: number, wait: Wait): number | undefined {
  const lost = view.log?.lostBy(cpu) ?? []
  return (
    wait.on.find((other) => view.log?.isKilled(other)) ??
    wait.on.find((other) => lost.includes(other)) ??
    wait.on.find((other) => waitOf(view, other) !== null) ??
    wait.on[0]
  )
}

/** For the state of one CPU: what its ticket, lock or tape stands for. */
export function describeWait(view: WaitView, cpu: number): string {
  if (view.log?.isKilled(cpu)) return ', killed on purpose'
  const wait = waitOf(view, cpu)
  const lost = view.log?.lostBy(cpu) ?? []
  const losses = lost.length === 0 ? '' : `, its interrupt to CPU ${lost.join(', ')} was lost`
  if (wait === null) return losses
  return ` (${wait.what}${wait.on.length === 0 ? '' : ` of CPU ${wait.on.join(', ')}`})${losses}`
}
