import type { Port } from '../contract/port.js'
import type { Strategy, StrategyModule } from '../contract/strategy.js'

const HOOKS = [
  'began',
  'changing',
  'changed',
  'finished',
  'demanded',
  'covered',
  'resumed',
  'interrupted',
  'switching',
  'switched',
  'retired',
  'filling',
  'ticked',
  'idled',
  'woke',
  'preempted',
  'reentered',
  'polled',
  'entered',
  'left',
] as const satisfies readonly (keyof Strategy)[]
export type Hook = (typeof HOOKS)[number]

type AnyHook = (cpu: Port, ...rest: readonly unknown[]) => unknown

/**
 * A module whose strategies go through `around` at every hook. A hook that the strategy lacks stays
 * away, because the kernel side takes another path then.
 * @param strategyOf called anew for every hook
 */
export function wrapped(
  strategyOf: () => Strategy,
  around: (hook: Hook, cpu: Port, call: () => unknown) => unknown,
): Strategy {
  const shell: Partial<Record<Hook, AnyHook>> = {}
  for (const hook of HOOKS) {
    if (strategyOf()[hook] === undefined) continue
    shell[hook] = (cpu, ...rest) =>
      around(hook, cpu, () => (strategyOf() as unknown as Record<Hook, AnyHook>)[hook](cpu, ...rest))
  }
  return shell as unknown as Strategy
}

/** The strategy's object is made anew before every hook: what it keeps must stand in words. */
export function recreated(module: StrategyModule): StrategyModule {
  return {
    ...module,
    create: (host) =>
      wrapped(
        () => module.create(host),
        (_hook, _cpu, call) => call(),
      ),
  }
}

/** One hook in so many begins with an interrupt for nothing. */
const HOOKS_PER_SPURIOUS = 3
const DRAWS = 'spuriousDraws'

/** Hooks of a task; a handler that interrupted others would never let them rest. */
const TASK_HOOKS: ReadonlySet<Hook> = new Set<Hook>([
  'began',
  'changing',
  'changed',
  'finished',
  'demanded',
  'resumed',
  'switched',
  'retired',
  'filling',
])

/** Every CPU interrupts others now and then although nothing is pending for them. */
export function spurious(module: StrategyModule): StrategyModule {
  return {
    ...module,
    privateWords: (shape, parameters) => ({ ...module.privateWords(shape, parameters), [DRAWS]: 1 }),
    create: (host) => {
      const inner = module.create(host)
      return wrapped(
        () => inner,
        (hook, cpu, call) => {
          if (TASK_HOOKS.has(hook) && cpu.count > 1) disturb(cpu, host.privates[DRAWS])
          return call()
        },
      )
    },
  }
}

/** A linear congruential generator in a private word, so that a run repeats itself. */
function disturb(cpu: Port, word: number): void {
  const drawn = (Math.imul(cpu.get(word) + cpu.id, 1664525) + 1013904223) | 0
  cpu.set(word, drawn)
  const number = drawn >>> 8
  if (number % HOOKS_PER_SPURIOUS !== 0) return
  cpu.interruptOne((cpu.id + 1 + (number % (cpu.count - 1))) % cpu.count)
}

/** What a strategy did, hook by hook, and how its shared words stand. */
export class Trace {
  readonly lines: string[] = []
  #readWords: () => number[] = () => []

  /** Notes every hook with its CPU, time and result. */
  traced(module: StrategyModule): StrategyModule {
    return {
      ...module,
      create: (host) => {
        const inner = module.create(host)
        const blocks = Object.entries(module.words(host.shape, host.parameters))
        return wrapped(
          () => inner,
          (hook, cpu, call) => {
            this.#readWords = () =>
              blocks.flatMap(([name, { count, stride }]) =>
                Array.from({ length: count * stride }, (_, word) => cpu.load(host.words[name].base + word)),
              )
            const before = cpu.now()
            const result = call()
            this.lines.push(
              `${hook} on CPU ${cpu.id} at ${before} ns gives ${String(result)} at ${cpu.now()} ns`,
            )
            return result
          },
        )
      },
    }
  }

  /** Call it when the run is over. */
  words(): number[] {
    return this.#readWords()
  }
}
