import { ROLE_INITIATOR } from '../../contract/tape.js'
import type { Handle } from '../../contract/workload.js'
import type { Mapping, OpenUse } from './tapeMappings.js'
import type { TapeRecorder } from './tapeRecorder.js'

interface Owner {
  readonly recorder: TapeRecorder
  readonly mappings: Mapping[]
}

/** What can be judged only when all tapes are written: a mapping may be one CPU's and be read by all. */
export function checkAcross(recorders: readonly TapeRecorder[]): void {
  const owners = ownersOf(recorders)
  for (const recorder of recorders) {
    for (const use of recorder.guard.mappings.openUses) checkOpenUse(recorder, use, owners.get(use.handle))
  }
  for (const recorder of recorders) checkTorn(recorder, recorders)
  checkBarriers(recorders.filter((recorder) => recorder.role === ROLE_INITIATOR))
}

function ownersOf(recorders: readonly TapeRecorder[]): Map<Handle, Owner> {
  const owners = new Map<Handle, Owner>()
  for (const recorder of recorders) {
    for (const mapping of recorder.guard.mappings.mapped) {
      const { handle, at } = mapping
      const owner = owners.get(handle)
      if (owner === undefined) owners.set(handle, { recorder, mappings: [mapping] })
      else if (owner.recorder === recorder) owner.mappings.push(mapping)
      else {
        // Which of the two runs first is decided by the strategy's timing.
        const reason = `maps handle ${handle}, which CPU ${owner.recorder.cpu} maps too`
        throw recorder.guard.misuse.at(at, reason, 'take a handle for each CPU that maps')
      }
    }
  }
  return owners
}

function checkOpenUse(recorder: TapeRecorder, use: OpenUse, owner: Owner | undefined): void {
  const { verb, handle, at } = use
  if (owner === undefined) {
    throw recorder.guard.misuse.at(
      at,
      `${verb} handle ${handle}, which no tape maps`,
      'map it on one of the tapes',
    )
  }
  if (owner.recorder.guard.windowHandles.has(handle)) {
    const reason = `${verb} handle ${handle}, which CPU ${owner.recorder.cpu} maps in its window`
    throw recorder.guard.misuse.at(at, reason, 'use it on the tape that gets it, between get and put')
  }
  // Nobody knows which of its mappings is there at that time, so the range must lie in each.
  for (const mapping of owner.mappings) recorder.guard.mappings.checkUse(use, mapping)
  if (!use.isChange) return
  const isKept = owner.mappings.some(
    (mapping) => !mapping.isInBody && owner.recorder.guard.mappings.isMapped(mapping),
  )
  if (owner.recorder !== recorder && isKept && use.isInBody) return
  const reason = `${verb} handle ${handle}, which may not be mapped then`
  const remedy =
    'change it on the tape that maps it, or in the body where the other tape maps it in its setup and keeps it'
  throw recorder.guard.misuse.at(at, reason, remedy)
}

/**
 * A tape may visit a space that another one tears down, for the teardown waits until it has left. It must
 * not stay there, or the two would wait for each other; nor map there what the other cannot know of.
 */
function checkTorn(recorder: TapeRecorder, recorders: readonly TapeRecorder[]): void {
  for (const [space, at] of recorder.guard.torn) {
    for (const other of recorders) {
      if (other === recorder) continue
      const mapped = other.guard.mappings.mapped.find((mapping) => mapping.space === space)
      const does =
        mapped === undefined
          ? (other.guard.torn.has(space) && 'tears it down too') ||
            (other.guard.rests.has(space) && 'waits, begins or ends in it')
          : `maps handle ${mapped.handle} there`
      if (does === false) continue
      const reason = `tears down space ${space}, but CPU ${other.cpu} ${does}`
      throw recorder.guard.misuse.at(
        at,
        reason,
        'let other tapes only visit it: switch to it, access, and leave',
      )
    }
  }
}

/** Initiators that meet a different number of times would wait for each other for ever. */
function checkBarriers(initiators: readonly TapeRecorder[]): void {
  for (const recorder of initiators) {
    const [first] = initiators
    const [setup, body] = recorder.guard.sections.barriers
    if (setup === first.guard.sections.barriers[0] && body === first.guard.sections.barriers[1]) continue
    const reason = `${setup} barriers in the setup and ${body} in the body, but CPU ${first.cpu} has ${first.guard.sections.barriers.join(' and ')}`
    throw recorder.guard.misuse.at(0, reason, 'give every initiator the same number of barriers')
  }
}
