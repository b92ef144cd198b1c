import type { TapeSet } from '../contract/tape.js'
import type { TapeWriter, WorkloadModule } from '../contract/workload.js'
import { makeTapes } from '../workloads/shared/tapeWriter.js'
import { ScriptMappings } from './scriptMappings.js'
import { barrierCountOf } from './scriptParts.js'
import { cpuCountOf, type Script, type Step } from './script.js'

/**
 * What a reader does at the end of each pass. Several that advise the same pages away and fault them in
 * again without a rest can keep one of them, or an initiator, from ever getting its access through. On
 * real threads the rest must outlast the waking of a worker that is not running, or initiators get their
 * turn by luck: with 5 us one pass of a tape could take more than 10 s on busy cores.
 */
const READER_WORK_NS = { sim: 5000, threads: 200_000 }

/** Small, so that a script comes to its end again and again; one page is kept in reserve. */
const WINDOW_PAGES = 8

/** The tapes of a script; the tape writer's own checks see every instruction. */
export function tapesOfScript(
  script: Script,
  frameCount: number,
  engine: keyof typeof READER_WORK_NS,
): TapeSet {
  const module: WorkloadModule = {
    summary: 'a script',
    source: 'none',
    op: 'one step that changes a mapping',
    parameters: {},
    write: (plan) => {
      plan.window(WINDOW_PAGES)
      const handles = script.regions.map(() => plan.handle())
      const barriers = Math.min(...script.initiators.map(barrierCountOf))
      for (const [cpu, steps] of [...script.initiators, ...script.readers].entries()) {
        const tape = plan.tape(cpu)
        const player = new Player(
          script,
          cpu,
          tape,
          new ScriptMappings(script, cpu, tape, handles, () => plan.handle()),
          barriers,
          frameCount,
          READER_WORK_NS[engine],
        )
        player.play(steps)
      }
    },
  }
  return makeTapes('tape', module, {
    cpuCount: cpuCountOf(script),
    initiators: script.initiators.length,
    readers: script.readers.length,
    parameters: {},
    random: () => 0,
  })
}

/** Writes one CPU's tape. What is not legal at a point is passed over. */
class Player {
  readonly #script: Script
  readonly #tape: TapeWriter
  readonly #isInitiator: boolean
  readonly #mappings: ScriptMappings
  readonly #frameCount: number
  readonly #restNs: number
  #barriersLeft: number

  constructor(
    script: Script,
    cpu: number,
    tape: TapeWriter,
    mappings: ScriptMappings,
    barriers: number,
    frameCount: number,
    restNs: number,
  ) {
    this.#script = script
    this.#tape = tape
    this.#isInitiator = cpu < script.initiators.length
    this.#mappings = mappings
    this.#barriersLeft = barriers
    this.#frameCount = frameCount
    this.#restNs = restNs
  }

  play(steps: readonly Step[]): void {
    this.#mappings.setUp()
    this.#tape.body()
    if (!this.#isInitiator) this.#mappings.fix()
    this.#playAll(steps)
    if (!this.#isInitiator) return this.#tape.compute(this.#restNs)
    this.#mappings.restore()
  }

  #playAll(steps: readonly Step[]): void {
    for (let index = 0; index < steps.length; index++) {
      const { verb, numbers } = steps[index]
      if (verb !== 'b') {
        this.#step(steps[index])
        continue
      }
      const inside = steps.slice(index + 1, index + 1 + numbers[0]).filter((step) => step.verb !== 'b')
      if (this.#mappings.isFixed) this.#playAll(inside)
      else if (inside.length > 0) this.#batch(inside)
      index += numbers[0]
    }
  }

  #batch(steps: readonly Step[]): void {
    this.#mappings.batch(() => {
      for (const step of steps) this.#step(step)
    })
  }

  #step({ verb, numbers }: Step): void {
    const tape = this.#tape
    const mappings = this.#mappings
    switch (verb) {
      case 'm':
        return mappings.mapAgain(numbers[0])
      case 'u':
        return mappings.unmap(numbers[0])
      case 't':
      case 'g':
        return mappings.change(numbers, (region, first, count) =>
          tape.protect(region.handle, first, count, verb === 'g'),
        )
      case 'a':
        return mappings.change(numbers, (region, first, count) =>
          tape.adviseAway(region.handle, first, count),
        )
      case 'o':
        return mappings.change(numbers, (region, first, count) => tape.writeOut(region.handle, first, count))
      case 'n':
        return mappings.access(numbers, (region, first, count) => tape.pin(region.handle, first, count))
      case 'r':
        return mappings.access(numbers, (region, first, count) => tape.read(region.handle, first, count))
      case 'w':
        return mappings.access(numbers, (region, first, count) => tape.write(region.handle, first, count))
      case 'd': {
        const first = numbers[0] % this.#frameCount
        return tape.readDirect(first, Math.min(1 + numbers[1], this.#frameCount - first))
      }
      case 'e':
        return mappings.mapForAMoment(numbers[0] + 1, numbers[1])
      case 's':
        return mappings.switchTo(1 + (numbers[0] % this.#script.spaces))
      case 'x':
        return mappings.tearDown()
      case 'p':
        return tape.pause(1 + numbers[0])
      case 'c':
        return tape.compute(1 + numbers[0])
      case 'i':
        if (!mappings.isInBatch) tape.idle(1 + numbers[0])
        return
      case 'v':
        if (!mappings.isInBatch) tape.preempt(1 + numbers[0])
        return
      case 'k':
        if (this.#mayWait) this.#wait(() => tape.tick())
        return
      case 'y':
        // They could wait for each other's pages for ever, see READER_WORK_NS.
        if (this.#mayWait && !this.#script.readers.flat().some((step) => step.verb === 'a'))
          this.#wait(() => tape.awaitReaders())
        return
      case 'j':
        if (this.#mayWait && this.#barriersLeft-- > 0) this.#wait(() => tape.barrier())
        return
      case 'b':
        // Batches do not nest.
        return
    }
  }

  get #mayWait(): boolean {
    return this.#isInitiator && !this.#mappings.isInBatch
  }

  #wait(write: () => void): void {
    this.#mappings.leaveTorn()
    write()
  }
}
