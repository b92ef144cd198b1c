import { KIND_IOMMU } from '../contract/change.js'
import { PRESENT } from '../contract/page.js'
import { Iotlb } from '../machine/iotlb.js'
import type { Memory } from '../machine/memory.js'
import type { Tables } from '../machine/tables.js'
import { SPACE_ROOT } from '../machine/words.js'
import {
  NOT_TRANSLATED,
  TRANSLATED,
  TRANSLATED_BY_WALK,
  TRANSLATION_BUSY,
  type Device,
  type Translation,
} from '../pagetable/device.js'
import { LEVEL_LEAF, type PassedEvent } from '../pagetable/passedEvent.js'
import type { CellPlan, CellWords } from './cellWords.js'

export interface DeviceParts {
  readonly plan: CellPlan
  readonly cell: CellWords
  readonly memory: Memory
  readonly tables: Tables
  /** The oracle's clock, which dates fills. */
  clock(): number
  /** Commands that are complete by now take effect, where the engine lets time pass between. */
  settle(): void
}

/** The device as one CPU drives it; its translation cache is all CPUs'. */
export class DeviceUnit implements Device {
  readonly #parts: DeviceParts
  readonly #iotlb: Iotlb | null
  /** Among the CPUs that claims are judged by. */
  readonly id = -1
  readonly name = 'the device'
  readonly isInKernelOnly = false
  readonly space: number
  readonly isStrict: boolean
  readonly isTrusted: boolean

  constructor(parts: DeviceParts) {
    const { plan, cell, memory } = parts
    this.#parts = parts
    this.#iotlb = cell.iotlb === null ? null : new Iotlb(memory, cell.iotlb)
    this.space = cell.iotlb === null ? -1 : cell.config.spaceCount - 1
    this.isStrict = !cell.parts.isNamed[KIND_IOMMU]
    this.isTrusted = plan.profile.extras?.iommu?.trusted.value === 'yes'
  }

  translate(page: number): Translation {
    const iotlb = this.#iotlb
    if (iotlb === null) throw new Error('the device is used, and no tape has one')
    if (!iotlb.tryLock()) return TRANSLATION_BUSY
    this.#parts.settle()
    const outcome = iotlb.find(page) !== 0 ? TRANSLATED : this.#walk(iotlb, page)
    iotlb.unlock()
    return outcome
  }

  #walk(iotlb: Iotlb, page: number): Translation {
    const parts = this.#parts
    const { memory, tables, cell } = parts
    const { spaces } = cell.machine
    const root = memory.peek(spaces.base + this.space * spaces.stride + SPACE_ROOT)
    for (;;) {
      const stamp = parts.clock()
      const word = tables.leafWord(root, page)
      const entry = word === 0 ? 0 : memory.load(word)
      // The oracle dates an entry by its clock; a change in between leaves open which of the two came first.
      if (parts.clock() !== stamp) continue
      if ((entry & PRESENT) === 0) return NOT_TRANSLATED
      iotlb.fill(page, entry, stamp)
      return TRANSLATED_BY_WALK
    }
  }

  steps(): number {
    return 0
  }

  /** Whether it has a translation such as the event is about; what it has it can use at any time. */
  holdsStale({ space, level, page, stamp, frame }: PassedEvent): boolean {
    const iotlb = this.#iotlb
    if (iotlb === null || space !== this.space || level !== LEVEL_LEAF) return false
    iotlb.lock()
    this.#parts.settle()
    const holds = iotlb.holdsStale(page, stamp, frame)
    iotlb.unlock()
    return holds
  }
}
