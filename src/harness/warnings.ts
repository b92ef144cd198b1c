import type { BenchPlan } from './benchPlan.js'
import type { Environment, MachineLoad } from './environment.js'
import { shardText } from './shard.js'

/** What makes the figures of this run worth less than they look. Each says what was seen and what to do. */
export function warningsBefore(plan: BenchPlan, environment: Environment, load: MachineLoad): string[] {
  const warnings: string[] = []
  const threadsCpus = plan.cells.filter((cell) => cell.engine === 'threads').map((cell) => cell.cpus)
  const { cores } = environment
  const most = Math.max(0, ...threadsCpus)
  if (most > cores) {
    warnings.push(
      `oversubscribed: threads with ${most} CPUs on ${cores} cores; times include waiting for a core`,
    )
  }
  // Virtual time does not care how busy the machine is.
  if (threadsCpus.length > 0) {
    const average = load.load_average_1min
    // The limit of google/benchmark's own check is of this order; above it other programs show in the tail.
    if (average !== null && average > cores * BUSY_LOAD_PER_CORE) {
      warnings.push(
        `the machine is busy: load average ${average.toFixed(2)} on ${cores} cores; threads figures will be noisy`,
      )
    }
    if (environment.governor !== null && environment.governor !== 'performance') {
      warnings.push(`the CPU governor is ${environment.governor}; threads figures change with the clock rate`)
    }
  }
  if (
    /--inspect|--prof|--cpu-prof|--coverage/.test(environment.node_options ?? '') ||
    process.env['NODE_V8_COVERAGE']
  ) {
    warnings.push(
      'a debugger, profiler or coverage tool is attached to node; nothing is as fast as it would be',
    )
  }
  if (plan.fault.text !== '') {
    warnings.push(
      `fault ${plan.fault.text}: the measured passes are disturbed on purpose; compare within this run only`,
    )
  }
  const beyond = plan.cells.filter((cell) => isExtrapolated(cell, plan))
  if (beyond.length > 0) {
    const highest = Math.max(...beyond.map((cell) => cell.cpus))
    warnings.push(
      `extrapolated: ${highest} CPUs, profile ${plan.profile.name} describes ${plan.profile.cpuCount}; sockets of the same size are added`,
    )
  }
  if (plan.shard !== null && plan.cells.length === 0) {
    warnings.push(
      `shard ${shardText(plan.shard)} has nothing to measure: the matrix has fewer pieces of work than shards`,
    )
  }
  return warnings
}

const BUSY_LOAD_PER_CORE = 0.5
/** Of the run's CPU time; the order of the noise that the intervals are meant to show. */
const STOLEN_SHARE = 0.01

export function warningsAfter(before: MachineLoad, after: MachineLoad, cores: number): string[] {
  if (before.steal_ticks === null || after.steal_ticks === null) return []
  const stolenMs = (after.steal_ticks - before.steal_ticks) * 10
  const lastedMs = Date.parse(after.time) - Date.parse(before.time)
  if (lastedMs <= 0 || stolenMs < lastedMs * cores * STOLEN_SHARE) return []
  const percent = ((stolenMs / (lastedMs * cores)) * 100).toFixed(1)
  return [`the hypervisor took ${percent} % of the CPU time away during the run; threads figures include it`]
}

/** Only virtual time takes its distances and costs from the profile's topology. */
export function isExtrapolated(
  cell: { engine: string; cpus: number },
  plan: Pick<BenchPlan, 'profile'>,
): boolean {
  return cell.engine === 'sim' && cell.cpus > plan.profile.cpuCount
}
