import type { Worker } from 'node:worker_threads'

/** One order to a worker and what it says, or the error that it dies of. */
export function answer<T>(worker: Worker, order: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (message: T) => {
      worker.off('error', reject)
      resolve(message)
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    worker.postMessage(order)
  })
}
