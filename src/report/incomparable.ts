/**
 * What cannot be put together or held against each other: nothing was typed wrong, but figures of different conditions
 * would stand side by side as if they were alike. Exit code 3.
 */
export class Incomparable extends Error {
  constructor(thing: string, reason: string, remedy: string) {
    super([thing, reason, remedy].filter((line) => line !== '').join('\n'))
    this.name = 'Incomparable'
  }
}
