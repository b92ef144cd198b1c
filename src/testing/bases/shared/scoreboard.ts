import type { Port } from '../../../contract/port.js'
import { type MachineShape, type Placed, type WordBlock } from '../../../contract/strategy.js'
import { DONE, type Ticket } from '../../../contract/ticket.js'
import { Round, TICKET } from '../../../strategies/shared/round.js'
import { wholeLines } from '../../../strategies/shared/lines.js'

/**
 * A round whose interrupts may be lost, late, or come twice. Each round of a CPU has a number, the
 * generation. Each target has a slot for each initiator, with the generation that it has flushed for;
 * the answer is complete when the slots of all targets show it.
 *
 * What an interrupt is for stands in the words and not in the interrupt: a handler looks at every
 * initiator and answers each whose generation is not in its slot. So any interrupt will do, one that
 * finds nothing to do does nothing, and an answer that was given to an earlier round can never count
 * for this one: its number is another. A countdown would take every answer for one more.
 */
export class Scoreboard extends Round {
  slots!: Placed
  /** Time after which those who have not answered are interrupted again. */
  limitNs = 0

  protected override tell(
    cpu: Port,
    count: number,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): Ticket {
    if (count === 0) return DONE
    // Only its owner writes it. Equality is all that is asked, so it may wrap.
    const generation = (cpu.load(this.requestOf(cpu.id) + TICKET) + 1) | 0
    this.publish(cpu, space, firstPage, pageCount, stride, generation)
    cpu.interruptSet(this.targets)
    return cpu.at(cpu.now() + this.limitNs)
  }

  /** The time is over: DONE when all have answered, else those who have not are asked once more. */
  override next(cpu: Port): Ticket {
    const generation = cpu.load(this.requestOf(cpu.id) + TICKET)
    let isComplete = true
    for (let word = 0; word < this.words; word++) {
      for (let bits = cpu.get(this.targets + word); bits !== 0; bits &= bits - 1) {
        const bit = bits & -bits
        if (cpu.load(this.slotOf(word * 32 + (31 - Math.clz32(bit)), cpu.id)) === generation)
          cpu.set(this.targets + word, cpu.get(this.targets + word) & ~bit)
        else isComplete = false
      }
    }
    if (isComplete) return DONE
    cpu.interruptSet(this.targets)
    return cpu.at(cpu.now() + this.limitNs)
  }

  /**
   * The generation is read before the range, and written after it (`publish`): who sees a generation
   * sees the range that belongs to it, or a later one of a round that does not need this CPU, which may
   * be mixed from two. Then a flush too much was done, and the slot shows a number that nobody waits for.
   */
  override serve(cpu: Port): void {
    for (let initiator = 0; initiator < cpu.count; initiator++) {
      if (initiator === cpu.id) continue
      const generation = cpu.load(this.requestOf(initiator) + TICKET)
      const slot = this.slotOf(cpu.id, initiator)
      if (cpu.load(slot) === generation) continue
      this.flushAsked(cpu, initiator)
      cpu.store(slot, generation)
    }
  }

  protected slotOf(target: number, initiator: number): number {
    return this.slots.base + target * this.slots.stride + initiator
  }
}

/** A row for each target, which it alone writes. */
export function slotBlock({ cpuCount }: MachineShape): WordBlock {
  return { count: cpuCount, stride: wholeLines(cpuCount) }
}
