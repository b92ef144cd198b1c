import type { ParameterSpec, ParameterSpecs } from '../contract/parameter.js'

/** A fault that can be asked for: what it does, its parameters, and what the cell must have for it to do anything. */
export interface FaultSpec {
  readonly summary: string
  readonly parameters: ParameterSpecs
  /** Fewer CPUs have nothing that it could strike. */
  readonly minCpus: number
  /** No strategy can go on for ever under it: a run that gets stuck has broken no promise. */
  readonly mayStop?: true
}

/** Above this a wait that is merely late looks like one that never ends. */
const MOST_US = 100_000

const percent = (standard: number, summary: string): ParameterSpec => ({
  default: standard,
  min: 0,
  max: 100,
  unit: '%',
  summary,
  source: 'proposal',
})

const nanoseconds = (standard: number, summary: string): ParameterSpec => ({
  default: standard,
  min: 0,
  max: MOST_US * 1000,
  unit: 'ns',
  summary,
  source: 'proposal',
})

const microseconds = (standard: number, summary: string): ParameterSpec => ({
  default: standard,
  min: 1,
  max: MOST_US,
  unit: 'us',
  summary,
  source: 'proposal',
})

const oneCpu = (standard: number, summary: string): ParameterSpec => ({
  default: standard,
  min: standard < 0 ? -1 : 0,
  max: 1023,
  unit: 'CPU',
  summary,
  source: 'proposal',
})

/** In the order in which the `fault` column and `--list faults` show them. */
export const FAULT_SPECS = {
  'delay-interrupt': {
    summary: 'interrupts arrive later than they would, each by a drawn time',
    minCpus: 2,
    parameters: {
      minNs: nanoseconds(0, 'smallest delay'),
      maxNs: nanoseconds(10_000, 'largest delay'),
      percent: percent(100, 'share of the interrupts'),
    },
  },
  'reorder-interrupt': {
    summary: 'an interrupt is held back until the same CPU has sent one to another CPU, which overtakes it',
    minCpus: 3,
    parameters: {
      percent: percent(50, 'share of the interrupts'),
      holdNs: nanoseconds(20_000, 'longest time that one is held back where nothing overtakes it'),
    },
  },
  'duplicate-interrupt': {
    summary: 'an interrupt is delivered a second time, for nothing',
    minCpus: 2,
    parameters: {
      percent: percent(100, 'share of the interrupts'),
      withinNs: nanoseconds(1000, 'largest time between both deliveries; the time is drawn'),
    },
  },
  'lose-interrupt': {
    summary: 'an interrupt never arrives',
    minCpus: 2,
    mayStop: true,
    parameters: {
      nth: {
        default: 1,
        min: 1,
        max: 1_000_000_000,
        unit: 'interrupts',
        summary: 'which of all that are sent, where percent is 0',
        source: 'proposal',
      },
      percent: percent(0, 'share of the interrupts; 0: one, the nth'),
    },
  },
  'stall-cpu': {
    summary: 'a CPU does nothing at all for a drawn time, at drawn moments',
    minCpus: 1,
    parameters: {
      cpu: oneCpu(-1, 'which one; -1: every one'),
      everyUs: microseconds(100, 'mean time from one stall to the next'),
      maxUs: microseconds(50, 'longest stall'),
    },
  },
  'interrupts-off': {
    summary: 'a CPU takes no interrupts and no ticks for a drawn time, at drawn moments',
    minCpus: 2,
    parameters: {
      cpu: oneCpu(-1, 'which one; -1: every one'),
      everyUs: microseconds(100, 'mean time from one such span to the next'),
      maxUs: microseconds(50, 'longest span'),
    },
  },
  'kill-worker': {
    summary: 'a CPU ends in the middle of the measured pass',
    minCpus: 2,
    mayStop: true,
    parameters: {
      cpu: oneCpu(1, 'which one'),
      afterUs: microseconds(100, 'time from the beginning of the pass'),
    },
  },
  'frame-pressure': {
    summary: 'the pool is cut to what the tapes can use at one time, and a few frames more',
    minCpus: 1,
    parameters: {
      spare: {
        default: 8,
        min: 0,
        max: 1 << 16,
        unit: 'frames',
        summary: 'frames beyond that',
        source: 'proposal',
      },
    },
  },
  'no-tick': {
    summary: 'a CPU that is idle, or runs no tape, or none any more, never ticks',
    minCpus: 1,
    mayStop: true,
    parameters: {},
  },
} as const satisfies Readonly<Record<string, FaultSpec>>

export type FaultName = keyof typeof FAULT_SPECS

export const FAULT_NAMES = Object.keys(FAULT_SPECS) as FaultName[]

/** Whether nobody is to blame for standing still under these faults. */
export function mayStop(faults: Readonly<Record<string, unknown>>): boolean {
  return FAULT_NAMES.some((name) => faults[name] !== undefined && faultSpec(name).mayStop === true)
}

export function faultSpec(name: FaultName): FaultSpec {
  return FAULT_SPECS[name]
}
