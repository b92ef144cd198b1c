/** A terminal that closes is as much a wish to stop as Ctrl-C. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Aborts at the first signal and takes no notice of the next, to the end of the process: killing and writing last
 * milliseconds, npm passes on the Ctrl-C that the terminal has sent already, and a second one must not cut the writing
 * short.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of SIGNALS) process.on(name, () => controller.abort())
  return controller.signal
}
