import type { BenchDefaults } from '../src/harness/defaults.js'

/** What `npm run bench` measures when nothing is asked for: sized to end within a minute on 2 cores. */
export const MATRIX: BenchDefaults = {
  engines: 'sim,threads',
  strategies: 'immediate,batched,lazy',
  workloads: 'munmap-storm,madvise-page,mprotect-storm,direct-map-zap,web-server',
  // Virtual time scales as far as one likes; real CPUs are what the machine has, and 2 is what every machine has.
  cpus: { sim: [2, 8, 64], threads: [2] },
  // One is enough where the same seed gives the same bytes. On real threads most of a repetition is V8 warming
  // up: three that are warm say more in the minute than five that are not; --repetitions 6 gives 95 % intervals.
  repetitions: { sim: 1, threads: 3 },
  // V8 needs about half a second for all that a repetition runs; the figures settle when it is done.
  warmupMs: 550,
  profile: 'icelake-2s64c',
  seed: 1,
  label: 'bench',
  quick: {
    cpus: { sim: [2, 8], threads: [2] },
    repetitions: { sim: 1, threads: 1 },
    // A look, not a measurement: the figures of real threads are those of code that is half compiled.
    warmupMs: 20,
  },
}
