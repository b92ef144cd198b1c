import abis, { Abis } from '../../strategies/abis.js'
import { plant, type Defect } from '../defect.js'

class IgnoresWrap extends Abis {
  protected override isOld(version: number, now: number): boolean {
    return version < now - 1
  }
}

export const defect: Defect = {
  name: 'version-wrap-ignored',
  trap: '22',
  base: 'abis',
  breaks:
    "CPU 0 leaves the space, and its version becomes 128, of which CPU 1's fault writes the low seven bits. CPU 0 comes back and takes the page away: version 0 looks as if all had flushed since.",
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise', 'touch', 'switch'],
    roles: [
      ['advise', 'switch'],
      ['advise', 'touch'],
    ],
    cpus: 2,
    pages: 1,
    operationCount: 3,
    ticks: 0,
    preempt: 'none',
    parameters: { startVersion: 127 },
  },
  foundWithin: 190,
}

export default plant(
  abis,
  'compares seven bits of a version with all of another',
  (host) => new IgnoresWrap(host),
)
