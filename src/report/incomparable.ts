/**
 * Runs that cannot be put together: nothing was typed wrong, but rows of different conditions would stand side by side
 * as if they were alike. Exit code 3.
 */
export class Incomparable extends Error {
  constructor(thing: string, reason: string, remedy: string) {
    super([thing, reason, remedy].join('\n'))
    this.name = 'Incomparable'
  }
}
