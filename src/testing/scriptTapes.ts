import type { TapeSet } from '../contract/tape.js'
import type { Handle, TapeWriter, WorkloadModule } from '../contract/workload.js'
import { makeTapes } from '../workloads/shared/tapeWriter.js'
import { barrierCountOf, tearerOf } from './scriptParts.js'
import { cpuCountOf, type Region, type Script, type Step } from './script.js'

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
        const player = new Player(
          script,
          cpu,
          plan.tape(cpu),
          handles,
          barriers,
          frameCount,
          READER_WORK_NS[engine],
          () => plan.handle(),
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

/** No CPU tears any down. */
const NO_SPACE = 0

interface Mapped extends Region {
  readonly handle: Handle
  readonly isOwn: boolean
}

/** Writes one CPU's tape. What is not legal at a point is passed over. */
class Player {
  readonly #script: Script
  readonly #tape: TapeWriter
  readonly #isInitiator: boolean
  readonly #regions: readonly Mapped[]
  readonly #home: number
  readonly #frameCount: number
  readonly #restNs: number
  readonly #newHandle: () => Handle
  /** Of what this CPU maps for a moment; undefined until it does. */
  #moment: Handle | undefined
  /** The space that one of the CPUs tears down, and whether this one does. */
  readonly #torn: number
  readonly #tears: boolean
  #space = 1
  #barriersLeft: number
  #isInBatch = false
  /** A reader is stopped anywhere and begins again, so it leaves everything where it is: its space, its mappings. */
  #isFixed = false
  readonly #gone = new Set<Mapped>()
  /** Changed by the open batch: their entries are locked until it ends. */
  readonly #locked = new Set<Mapped>()

  constructor(
    script: Script,
    cpu: number,
    tape: TapeWriter,
    handles: readonly Handle[],
    barriers: number,
    frameCount: number,
    restNs: number,
    newHandle: () => Handle,
  ) {
    this.#script = script
    this.#tape = tape
    this.#isInitiator = cpu < script.initiators.length
    this.#barriersLeft = barriers
    this.#frameCount = frameCount
    this.#restNs = restNs
    this.#newHandle = newHandle
    const tapeCount = script.initiators.length + script.readers.length
    const tearer = tearerOf(script)
    this.#tears = cpu === tearer
    this.#torn = tearer < 0 ? NO_SPACE : script.spaces
    this.#home = 1 + (cpu % (tearer < 0 ? script.spaces : script.spaces - 1))
    this.#regions = script.regions.map((region, index) => {
      const space = 1 + (region.space % script.spaces)
      const isTorn = space === this.#torn
      return {
        ...region,
        sharing: isTorn && region.sharing === 's' ? 'c' : region.sharing,
        space,
        handle: handles[index],
        isOwn: isTorn ? this.#tears : region.owner % tapeCount === cpu,
      }
    })
  }

  play(steps: readonly Step[]): void {
    for (const region of this.#regions) {
      if (!region.isOwn) continue
      this.#map(region)
      // Those of the device are populated by the map.
      if (region.kind === 'd') continue
      if (region.kind === 'r') this.#tape.read(region.handle, 0, region.pages)
      else this.#tape.write(region.handle, 0, region.pages)
    }
    this.#switchTo(this.#home)
    this.#tape.body()
    this.#isFixed = !this.#isInitiator
    this.#playAll(steps)
    if (!this.#isInitiator) return this.#tape.compute(this.#restNs)
    // The body runs again and must find what it found.
    for (const region of this.#gone) this.#map(region)
    this.#switchTo(this.#home)
  }

  #playAll(steps: readonly Step[]): void {
    for (let index = 0; index < steps.length; index++) {
      const { verb, numbers } = steps[index]
      if (verb !== 'b') {
        this.#step(steps[index])
        continue
      }
      const inside = steps.slice(index + 1, index + 1 + numbers[0]).filter((step) => step.verb !== 'b')
      if (this.#isFixed) this.#playAll(inside)
      else if (inside.length > 0) this.#timed(() => this.#batch(inside))
      index += numbers[0]
    }
  }

  #batch(steps: readonly Step[]): void {
    this.#isInBatch = true
    this.#tape.batch(() => {
      for (const step of steps) this.#step(step)
    })
    this.#isInBatch = false
    this.#locked.clear()
  }

  #timed(write: () => void): void {
    if (this.#isInitiator && !this.#isInBatch) this.#tape.op(write)
    else write()
  }

  #step({ verb, numbers }: Step): void {
    const tape = this.#tape
    switch (verb) {
      case 'm':
        return this.#onRegion(
          numbers[0],
          (region) => !this.#isFixed && region.isOwn && this.#gone.has(region),
          (region) => this.#map(region),
        )
      case 'u':
        return this.#onRegion(
          numbers[0],
          (region) => !this.#isFixed && region.isOwn && region.sharing !== 's' && !this.#gone.has(region),
          (region) => this.#unmap(region),
        )
      case 't':
      case 'g':
        return this.#change(numbers, (region, first, count) =>
          tape.protect(region.handle, first, count, verb === 'g'),
        )
      case 'a':
        return this.#change(numbers, (region, first, count) => tape.adviseAway(region.handle, first, count))
      case 'o':
        return this.#change(numbers, (region, first, count) => tape.writeOut(region.handle, first, count))
      case 'n':
        return this.#access(numbers, (region, first, count) => tape.pin(region.handle, first, count))
      case 'r':
        return this.#access(numbers, (region, first, count) => tape.read(region.handle, first, count))
      case 'w':
        return this.#access(numbers, (region, first, count) => tape.write(region.handle, first, count))
      case 'd': {
        const first = numbers[0] % this.#frameCount
        return tape.readDirect(first, Math.min(1 + numbers[1], this.#frameCount - first))
      }
      case 'e':
        if (!this.#isFixed) this.#mapForAMoment(numbers[0] + 1, numbers[1])
        return
      case 's':
        return this.#switchTo(1 + (numbers[0] % this.#script.spaces))
      case 'x':
        return this.#tearDown()
      case 'p':
        return tape.pause(1 + numbers[0])
      case 'c':
        return tape.compute(1 + numbers[0])
      case 'i':
        if (!this.#isInBatch) tape.idle(1 + numbers[0])
        return
      case 'v':
        if (!this.#isInBatch) tape.preempt(1 + numbers[0])
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
    return this.#isInitiator && !this.#isInBatch
  }

  /** Who waited in a space that is torn down would be waited for. */
  #wait(write: () => void): void {
    if (this.#space === this.#torn) this.#switchTo(this.#home)
    write()
  }

  #tearDown(): void {
    if (!this.#tears || this.#isInBatch) return
    this.#switchTo(this.#home)
    this.#timed(() => this.#tape.tearDown(this.#torn))
    for (const region of this.#regions) if (region.space === this.#torn) this.#gone.add(region)
  }

  #map(region: Mapped): void {
    if (!this.#reach(region)) return
    this.#tape.map(region.handle, region.pages, {
      writable: region.kind !== 'r',
      guest: region.kind === 'g',
      device: region.kind === 'd',
    })
    this.#gone.delete(region)
  }

  #unmap(region: Mapped): void {
    this.#timed(() => this.#tape.unmap(region.handle))
    this.#gone.add(region)
    if (this.#isInBatch) this.#locked.add(region)
  }

  #mapForAMoment(pages: number, firstFrame: number): void {
    const handle = (this.#moment ??= this.#newHandle())
    this.#timed(() => {
      this.#tape.get(handle, pages, firstFrame)
      this.#tape.readKernel(handle, 0, pages)
      this.#tape.put(handle)
    })
  }

  #change(numbers: readonly number[], write: (region: Mapped, first: number, count: number) => void): void {
    const mayChange = (region: Mapped) =>
      region.kind !== 'd' && (region.sharing === 's' || (region.isOwn && !this.#gone.has(region)))
    this.#onRegion(numbers[0], mayChange, (region) => {
      this.#timed(() => onPages(region, numbers, write))
      if (this.#isInBatch) this.#locked.add(region)
    })
  }

  #access(numbers: readonly number[], write: (region: Mapped, first: number, count: number) => void): void {
    const mayAccess = (region: Mapped) =>
      !this.#locked.has(region) && (region.sharing === 'o' ? region.isOwn && !this.#gone.has(region) : true)
    this.#onRegion(numbers[0], mayAccess, (region) =>
      onPages(region, numbers, region.kind === 'd' ? this.#useOnDevice : write),
    )
  }

  readonly #useOnDevice = (region: Mapped, first: number, count: number): void => {
    if (this.#isInitiator) this.#tape.deviceAccess(region.handle, first, count)
  }

  /** One of the regions that the step is legal for, in whose space the CPU then is. */
  #onRegion(number: number, isLegal: (region: Mapped) => boolean, write: (region: Mapped) => void): void {
    const legal = this.#regions.filter(isLegal)
    if (legal.length === 0) return
    const region = legal[number % legal.length]
    if (this.#reach(region)) write(region)
  }

  /** A batch stays in its space, and so does a reader. */
  #reach(region: Mapped): boolean {
    if (region.kind === 'd') return true
    if (region.space !== this.#space) this.#switchTo(region.space)
    return region.space === this.#space
  }

  #switchTo(space: number): void {
    if (this.#isInBatch || this.#isFixed || space === this.#space) return
    this.#tape.switchTo(space)
    this.#space = space
  }
}

function onPages(
  region: Mapped,
  [, firstNumber, countNumber]: readonly number[],
  write: (region: Mapped, first: number, count: number) => void,
): void {
  const first = firstNumber % region.pages
  // The largest number drawn stands for the whole range, also where that is longer.
  const count = countNumber % 8 === 7 ? region.pages - first : 1 + (countNumber % (region.pages - first))
  write(region, first, count)
}
