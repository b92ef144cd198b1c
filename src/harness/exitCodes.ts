/** What a script or a CI job can tell a run's end by. */
export const EXIT_PASS = 0
export const EXIT_USAGE = 2
/** A violation of a strategy that promises otherwise, a repetition that failed, or a mistake in this program. */
export const EXIT_FAILED = 4
/** Stopped by a signal; what was measured is kept. */
export const EXIT_INTERRUPTED = 130
