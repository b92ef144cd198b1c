import type { Handle, TapeWriter } from '../contract/workload.js'
import { tearerOf } from './scriptParts.js'
import type { Region, Script } from './script.js'

/** No CPU tears any down. */
const NO_SPACE = 0

interface Mapped extends Region {
  readonly handle: Handle
  readonly isOwn: boolean
}

type OnPages = (region: Mapped, first: number, count: number) => void

/**
 * The mappings of a script as one CPU's tape changes and uses them, and the space that the CPU is in. What is
 * not legal at a point is passed over.
 */
export class ScriptMappings {
  readonly #tape: TapeWriter
  readonly #isInitiator: boolean
  readonly #regions: readonly Mapped[]
  readonly #home: number
  readonly #newHandle: () => Handle
  /** Of what this CPU maps for a moment; undefined until it does. */
  #moment: Handle | undefined
  /** The space that one of the CPUs tears down, and whether this one does. */
  readonly #torn: number
  readonly #tears: boolean
  #space = 1
  #isInBatch = false
  #isFixed = false
  readonly #gone = new Set<Mapped>()
  /** Changed by the open batch: their entries are locked until it ends. */
  readonly #locked = new Set<Mapped>()

  constructor(
    script: Script,
    cpu: number,
    tape: TapeWriter,
    handles: readonly Handle[],
    newHandle: () => Handle,
  ) {
    this.#tape = tape
    this.#isInitiator = cpu < script.initiators.length
    this.#newHandle = newHandle
    const tapeCount = script.initiators.length + script.readers.length
    const tearer = tearerOf(script)
    this.#tears = cpu === tearer
    this.#torn = tearer < 0 ? NO_SPACE : script.spaces
    this.#home = 1 + (cpu % (tearer < 0 ? script.spaces : script.spaces - 1))
    this.#regions = script.regions.map((region, index) => {
      const space = 1 + (region.space % script.spaces)
      // The device's are in a space of its own.
      const isTorn = space === this.#torn && region.kind !== 'd'
      return {
        ...region,
        sharing: isTorn && region.sharing === 's' ? 'c' : region.sharing,
        space,
        handle: handles[index],
        isOwn: isTorn ? this.#tears : region.owner % tapeCount === cpu,
      }
    })
  }

  get isInBatch(): boolean {
    return this.#isInBatch
  }

  get isFixed(): boolean {
    return this.#isFixed
  }

  /** From here on. A reader is stopped anywhere and begins again, so it leaves everything where it is: its space, its mappings. */
  fix(): void {
    this.#isFixed = true
  }

  /** This CPU's own mappings are made and populated. */
  setUp(): void {
    for (const region of this.#regions) {
      if (!region.isOwn) continue
      this.#map(region)
      // Those of the device are populated by the map.
      if (region.kind === 'd') continue
      if (region.kind === 'r') this.#tape.read(region.handle, 0, region.pages)
      else this.#tape.write(region.handle, 0, region.pages)
    }
    this.switchTo(this.#home)
  }

  /** The body runs again and must find what it found. */
  restore(): void {
    for (const region of this.#gone) this.#map(region)
    this.switchTo(this.#home)
  }

  batch(write: () => void): void {
    this.#timed(() => {
      this.#isInBatch = true
      this.#tape.batch(write)
      this.#isInBatch = false
      this.#locked.clear()
    })
  }

  #timed(write: () => void): void {
    if (this.#isInitiator && !this.#isInBatch) this.#tape.op(write)
    else write()
  }

  /** Who waited in a space that is torn down would be waited for. */
  leaveTorn(): void {
    if (this.#space === this.#torn) this.switchTo(this.#home)
  }

  tearDown(): void {
    if (!this.#tears || this.#isInBatch) return
    this.switchTo(this.#home)
    this.#timed(() => this.#tape.tearDown(this.#torn))
    for (const region of this.#regions)
      if (region.space === this.#torn && region.kind !== 'd') this.#gone.add(region)
  }

  mapAgain(number: number): void {
    this.#onRegion(
      number,
      (region) => !this.#isFixed && region.isOwn && this.#gone.has(region),
      (region) => this.#map(region),
    )
  }

  unmap(number: number): void {
    this.#onRegion(
      number,
      (region) => !this.#isFixed && region.isOwn && region.sharing !== 's' && !this.#gone.has(region),
      (region) => this.#unmap(region),
    )
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

  /** In this CPU's window: got, read and put. None may be left in a space that is torn down. */
  mapForAMoment(pages: number, firstFrame: number): void {
    if (this.#isFixed || this.#space === this.#torn) return
    const handle = (this.#moment ??= this.#newHandle())
    this.#timed(() => {
      this.#tape.get(handle, pages, firstFrame)
      this.#tape.readKernel(handle, 0, pages)
      this.#tape.put(handle)
    })
  }

  /** @param numbers the region's, and what says which of its pages */
  change(numbers: readonly number[], write: OnPages): void {
    const mayChange = (region: Mapped) =>
      region.kind !== 'd' && (region.sharing === 's' || (region.isOwn && !this.#gone.has(region)))
    this.#onRegion(numbers[0], mayChange, (region) => {
      this.#timed(() => onPages(region, numbers, write))
      if (this.#isInBatch) this.#locked.add(region)
    })
  }

  access(numbers: readonly number[], write: OnPages): void {
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
    if (region.space !== this.#space) this.switchTo(region.space)
    return region.space === this.#space
  }

  switchTo(space: number): void {
    if (this.#isInBatch || this.#isFixed || space === this.#space) return
    this.#tape.switchTo(space)
    this.#space = space
  }
}

function onPages(region: Mapped, [, firstNumber, countNumber]: readonly number[], write: OnPages): void {
  const first = firstNumber % region.pages
  // The largest number drawn stands for the whole range, also where that is longer.
  const count = countNumber % 8 === 7 ? region.pages - first : 1 + (countNumber % (region.pages - first))
  write(region, first, count)
}
