/** I8: no progress. Carries each CPU's state for the report. */
export class Stuck extends Error {
  readonly cpuStates: string[]

  constructor(reason: string, cpuStates: string[]) {
    super(reason)
    this.name = 'Stuck'
    this.cpuStates = cpuStates
  }
}
