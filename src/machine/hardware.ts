import { HARDWARE, type Hardware } from '../contract/hardware.js'
import { listProfiles, loadProfile, type Profile } from './profile.js'

/** A matter of software: any machine runs a root of its own on each CPU, for good or for the time of one walk. */
const EVERYWHERE: readonly Hardware[] = ['perCpuTables', 'privateFills']

/** What strategies can need and this machine has. */
function hardwareOf({ hardware, extras = {} }: Profile): readonly Hardware[] {
  const broadcasts: readonly Hardware[] = hardware === 'ipi' ? [] : ['broadcast', hardware]
  return [...EVERYWHERE, ...broadcasts, ...HARDWARE.filter((name) => name in extras)]
}

/** The first thing that is needed and not there; undefined where nothing is missing. */
export function missingHardware(profile: Profile, needs: readonly Hardware[] = []): Hardware | undefined {
  const has = hardwareOf(profile)
  return needs.find((name) => !has.includes(name))
}

/**
 * The first shipped profile on which everything that is needed is there; undefined where none has it.
 * @param preferred tried before the others
 */
export function shippedProfileWith(
  needs: readonly Hardware[] | undefined,
  preferred: readonly string[],
): string | undefined {
  const names = [...preferred, ...listProfiles().map(({ name }) => name)]
  return names.find((name) => missingHardware(loadProfile(name, []).profile, needs) === undefined)
}
