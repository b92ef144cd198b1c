import { Worker } from 'node:worker_threads'
import { answer } from './answer.js'
import { interruptPlan, KINDS, type Order, type WorkerBirth } from './interruptPlan.js'
import type { Sample, Side, Suite } from './suite.js'
import { bootCell } from './threadsCpu.js'

/** Round trips of one sample: about a millisecond. */
const ROUNDS = 3000

const suite: Suite = async (use) => {
  const pair = new Pair()
  try {
    await pair.order('setup', 0)
    return await use(sidesOf(pair))
  } finally {
    await pair.stop()
  }
}

function sidesOf(pair: Pair): Side[] {
  const sample = (kind: (typeof KINDS)[number]) => async (): Promise<Sample> => ({
    ns: await pair.order(kind, ROUNDS),
    operations: ROUNDS,
  })
  return [
    {
      name: 'raw ping-pong',
      operation: 'a word there, a word back',
      isAsync: true,
      sample: sample('raw'),
    },
    {
      name: 'interrupt',
      operation: 'arm, interrupt, handle, acknowledge; no strategy',
      against: 'raw ping-pong',
      target: { kind: 'ratio', most: 2 },
      isAsync: true,
      sample: sample('port'),
    },
    {
      name: 'immediate round',
      operation: 'a changed entry until it is settled',
      against: 'raw ping-pong',
      target: { kind: 'ratio', most: 5 },
      isAsync: true,
      sample: sample('round'),
    },
    {
      name: 'immediate round, engine loop',
      operation: 'the same, answered by an idle worker of the engine',
      against: 'raw ping-pong',
      target: { kind: 'ratio', most: 5 },
      isAsync: true,
      sample: sample('loop'),
    },
  ]
}

/** The two workers; every side runs in the same two. */
class Pair {
  readonly #workers: readonly Worker[]
  #meetings = 0

  constructor() {
    const cell = bootCell(interruptPlan()).buffer
    const raw = new SharedArrayBuffer(1024)
    this.#workers = [0, 1].map((id) => {
      const birth: WorkerBirth = { id, cell, raw }
      return new Worker(new URL('./interruptWorker.js', import.meta.url), { workerData: birth })
    })
  }

  /** @returns nanoseconds on the initiator's thread */
  async order(kind: (typeof KINDS)[number], rounds: number): Promise<number> {
    this.#meetings++
    const order: Order = { kind: KINDS.indexOf(kind), rounds, meeting: this.#meetings }
    const [ns] = await Promise.all(this.#workers.map((worker) => answer<number>(worker, order)))
    return ns
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

export default suite
