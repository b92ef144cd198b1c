import { fileURLToPath } from 'node:url'
import type { CellPlan } from '../../src/engines/cellWords.js'
import { Coordinator } from '../../src/engines/threads/coordinator.js'
import { PHASE_PASS, PHASE_SETUP, type PhaseReport } from '../../src/engines/threads/protocol.js'
import { randomBelow } from './cell.js'
import { EngineCopy } from './engineCopy.js'
import type { Rule } from './rewrite.js'
import { mustBe } from './suite.js'

const WATCHDOG_MS = 10_000
const STRATEGY_FILE = fileURLToPath(new URL('../../src/strategies/immediate.js', import.meta.url))

/** Runs a pass of a cell. @returns the reports of its CPUs */
export type RunPass = () => Promise<PhaseReport[]>

/**
 * Cells of `threads` that exist all the time, each with workers of its own; those whose turn it is not
 * are asleep. So each is alone in its isolates, as in a run, and all are measured side by side.
 */
export class LiveCells {
  readonly #coordinators: Coordinator[] = []

  /** @param without hooks that the engine of this cell does not have */
  async start(plan: CellPlan, without?: Rule): Promise<RunPass> {
    const coordinator =
      without === undefined
        ? await this.#boot(plan, Coordinator, STRATEGY_FILE)
        : await this.#bootCopy(plan, without)
    await coordinator.run(PHASE_SETUP)
    return async () => {
      const reports = await coordinator.run(PHASE_PASS)
      for (const { violationCount, lostEvents } of reports) {
        mustBe('violations', violationCount, 0)
        mustBe('lost events', lostEvents, 0)
      }
      return reports
    }
  }

  /** Its files are not needed any more once its workers have begun. */
  async #bootCopy(plan: CellPlan, without: Rule): Promise<Coordinator> {
    const copy = new EngineCopy(without)
    try {
      const { Coordinator: Own } = await copy.load()
      return await this.#boot(plan, Own, copy.strategyFile)
    } finally {
      copy.remove()
    }
  }

  async #boot(plan: CellPlan, Own: typeof Coordinator, strategyFile: string): Promise<Coordinator> {
    const coordinator = new Own(
      { plan, strategyFile, isOversubscribed: false, watchdogMs: WATCHDOG_MS },
      randomBelow(),
    )
    this.#coordinators.push(coordinator)
    await coordinator.start()
    return coordinator
  }

  async stop(): Promise<void> {
    for (const coordinator of this.#coordinators) await coordinator.stop()
  }
}
