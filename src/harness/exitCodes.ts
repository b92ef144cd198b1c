/** What a script or a CI job can tell a run's end by. */
export const EXIT_PASS = 0
/** Something became slower, or needs more than before. */
export const EXIT_REGRESSION = 1
export const EXIT_USAGE = 2
/** Nothing can be said: too noisy, nothing to compare with, or a baseline of other work. */
export const EXIT_INCONCLUSIVE = 3
/** A violation of a strategy that promises otherwise, a repetition that failed, or a mistake in this program. */
export const EXIT_FAILED = 4
/** Stopped by a signal; what was measured is kept. */
export const EXIT_INTERRUPTED = 130
