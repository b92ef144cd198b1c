import { Worker } from 'node:worker_threads'
import type { FaultPlan } from '../../src/engines/faultPlan.js'
import { answer } from './answer.js'
import type { Sample } from './suite.js'

/** A machine in virtual time in an isolate of its own: V8 sees the parts with faults, or those without, never both. */
export class SimIsolate {
  readonly #worker: Worker

  constructor(faults?: FaultPlan) {
    this.#worker = new Worker(new URL('./simIsolateWorker.js', import.meta.url), { workerData: faults })
  }

  sample(): Promise<Sample> {
    return answer(this.#worker, null)
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }
}
