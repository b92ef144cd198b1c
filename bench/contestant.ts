/**
 * What a build offers to the gate, which loads this file out of the builds of other commits, too: the names below and
 * the shapes of contestantProtocol.ts stay, or CONTESTANT_PROTOCOL changes.
 */
import type { Contestant, ContestantRequest } from './contestantProtocol.js'
import { openSuite } from './suiteContestant.js'
import { openThreads } from './threadsContestant.js'

export { CONTESTANT_PROTOCOL } from './contestantProtocol.js'

/** @throws UsageError where this build does not have what is asked for */
export function open(request: ContestantRequest): Promise<Contestant> {
  return request.kind === 'suite' ? openSuite(request) : openThreads(request)
}
