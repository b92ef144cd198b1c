import type { Profile } from '../../machine/profile.js'

/** Distances between CPUs; also offsets into the costs that stand in a row by distance. */
const SIBLING = 0
const SAME_SOCKET = 1
const OTHER_SOCKET = 2

/**
 * Where CPUs are: socket by socket, core by core, siblings next to each other. A run with more CPUs
 * than the profile has adds sockets of the same size at the far distance (and is marked extrapolated).
 */
export class Topology {
  readonly #threadsPerCore: number
  readonly #threadsPerSocket: number

  constructor(profile: Profile) {
    const { coresPerSocket, threadsPerCore } = profile.topology
    this.#threadsPerCore = threadsPerCore.value
    this.#threadsPerSocket = coresPerSocket.value * threadsPerCore.value
  }

  distance(a: number, b: number): number {
    if (Math.floor(a / this.#threadsPerSocket) !== Math.floor(b / this.#threadsPerSocket)) return OTHER_SOCKET
    return Math.floor(a / this.#threadsPerCore) === Math.floor(b / this.#threadsPerCore)
      ? SIBLING
      : SAME_SOCKET
  }
}
