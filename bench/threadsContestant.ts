import { UsageError } from '../src/contract/usageError.js'
import { Coordinator } from '../src/engines/threads/coordinator.js'
import { PHASE_PASS, PHASE_SETUP, PHASE_WARMUP } from '../src/engines/threads/protocol.js'
import { makePlan } from '../src/harness/benchPlan.js'
import { chooseStrategy } from '../src/harness/chooseStrategy.js'
import { tapesOf } from '../src/harness/engineRun.js'
import { randomOf } from '../src/harness/random.js'
import { parseSpecs } from '../src/harness/spec.js'
import { shippedProfileWith } from '../src/machine/hardware.js'
import { median } from '../src/stats/quantile.js'
import type { Contestant, ThreadsRequest } from './contestantProtocol.js'
import { MATRIX } from './matrix.js'

const WATCHDOG_MS = 30_000

/** A cell of `threads` whose workers stay; those whose turn it is not are asleep. */
export async function openThreads({ strategy, workload, cpus, seed }: ThreadsRequest): Promise<Contestant> {
  const [spec] = parseSpecs('--strategy', strategy)
  const { module } = (await chooseStrategy(spec)).loaded
  // Where the usual machine lacks what the strategy needs, the first that has it.
  const machine = shippedProfileWith(module.needs, [MATRIX.profile]) ?? MATRIX.profile
  const options = {
    engine: 'threads',
    strategy,
    workload,
    cpus: String(cpus),
    seed: String(seed),
    profile: machine,
  }
  const { cells, profile } = await makePlan(options, MATRIX)
  const [cell, ...others] = cells
  if (others.length > 0)
    throw new UsageError(`${strategy} on ${workload}`, 'it is more than one cell', [], 'name one of each')
  const { cpus: cpuCount, strategy: ref } = cell
  const isPromising = cell.contract !== 'none'
  const tapes = await tapesOf({ workload: cell.workload, cpus: cpuCount, seed })
  const coordinator = new Coordinator(
    {
      plan: {
        tapes,
        profile: profile.profile,
        module,
        parameters: ref.parameters,
        isOracleFull: false,
        serialStart: 0,
        faults: undefined,
      },
      strategyFile: ref.file,
      isOversubscribed: false,
      watchdogMs: WATCHDOG_MS,
    },
    randomOf(seed, 1),
  )
  try {
    await coordinator.start()
    await coordinator.run(PHASE_SETUP)
  } catch (error) {
    await coordinator.stop()
    throw error
  }
  return {
    work: JSON.stringify([tapes.hash, profile.hash, ref.parameters]),
    async warmUp() {
      await coordinator.run(PHASE_WARMUP)
    },
    // The median, because one operation in which a worker was not running outweighs a pass of sound ones.
    async pass() {
      const reports = await coordinator.run(PHASE_PASS)
      for (const { violationCount, violations, lostEvents } of reports) {
        if (violationCount > 0 && isPromising)
          throw new Error(`violation: ${violations[0]?.message ?? 'not kept'}`)
        if (lostEvents > 0) throw new Error(`the oracle's journal lost ${lostEvents} events`)
      }
      const opNs = median(reports.flatMap((report) => report.cpu.opsNs))
      if (opNs === null) throw new Error('the pass has no operation')
      return opNs
    },
    close: () => coordinator.stop(),
  }
}
