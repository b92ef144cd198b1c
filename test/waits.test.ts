import { describe, expect, test } from 'vitest'
import { placeCell, type CellPlan, type CellWords } from '../dist/src/engines/cellWords.js'
import { deadEnd, describeWait } from '../dist/src/engines/deadEnd.js'
import { FaultLog } from '../dist/src/engines/faultLog.js'
import { PlainMemory } from '../dist/src/engines/plainMemory.js'
import type { WaitView } from '../dist/src/engines/waits.js'
import { HANDLE_PINS } from '../dist/src/machine/words.js'
import { FAULT_HANDLE } from '../dist/src/pagetable/fault.js'
import {
  LOG_COUNT,
  LOG_IS_UNLOCKED,
  LOG_BITS,
  LOG_WORD,
  TICKET,
  top,
} from '../dist/src/pagetable/position.js'
import { WORD } from '../dist/src/pagetable/rangeEdit.js'
import {
  push,
  ROUTINE_FAULT,
  ROUTINE_RANGE,
  ROUTINE_TAKE_FRAME,
  ROUTINE_UNMAP,
} from '../dist/src/pagetable/routine.js'
import { BUSY } from '../dist/src/pagetable/softBits.js'
import { TICKET_SHIFT, TICKET_ZERO } from '../dist/src/contract/ticket.js'
import { fault, planOf } from './support/runCell.js'

const plan: CellPlan = await planOf({
  strategy: 'immediate',
  workload: 'munmap-storm',
  cpus: 4,
  initiators: 3,
  faults: fault('lose-interrupt'),
})

/** CPUs that stand still where the test puts them. */
class StoodStill {
  readonly cell: CellWords = placeCell(plan)
  readonly words = new Int32Array(this.cell.layout.wordCount)
  readonly log = new FaultLog(new PlainMemory(this.words), this.cell, this.cell.faults!)
  readonly pending = new Set<number>()
  readonly view: WaitView = {
    cell: this.cell,
    words: this.words,
    tapes: plan.tapes,
    log: this.log,
    isPending: (cpu) => this.pending.has(cpu),
  }

  privates(cpu: number): Int32Array {
    return this.words.subarray(this.cell.control.privates.base + cpu * this.cell.control.privates.stride)
  }

  /** In a range operation, about to lock an entry. */
  wants(cpu: number, entry: number): void {
    const p = this.privates(cpu)
    push(p, ROUTINE_RANGE)
    p[top(p) + WORD] = entry
  }

  hasLocked(cpu: number, entry: number): void {
    this.words[entry] |= BUSY
    this.privates(cpu)[LOG_COUNT] = 1
    this.privates(cpu)[this.cell.logAt + LOG_WORD] = entry
  }

  waitsForAcknowledgements(cpu: number, targets: number[]): void {
    const { countdowns } = this.cell.control
    const word = countdowns.base + cpu * countdowns.stride
    this.words[word] = targets.length
    this.privates(cpu)[TICKET] = (word << TICKET_SHIFT) | TICKET_ZERO
    for (const target of targets) this.log.sends(cpu, target)
  }
}

describe('who waits for whom', () => {
  test('two locks in a circle', () => {
    const cpus = new StoodStill()
    const [a, b] = [cpus.cell.machine.tables, cpus.cell.machine.tables + 1]
    cpus.hasLocked(0, a)
    cpus.hasLocked(1, b)
    cpus.wants(0, b)
    cpus.wants(1, a)
    expect(deadEnd(cpus.view)).toBe(
      'CPU 0 waits for the lock of an entry of CPU 1, which waits for the lock of an entry of CPU 0: a cycle',
    )
    expect(describeWait(cpus.view, 1)).toBe(' (the lock of an entry of CPU 0)')
    // Unlocked by its holder, it is nobody's.
    cpus.privates(1)[cpus.cell.logAt + LOG_BITS] |= LOG_IS_UNLOCKED
    expect(deadEnd(cpus.view)).toContain('nothing that is on its way can bring it')
    cpus.words[b] &= ~BUSY
    expect(deadEnd(cpus.view)).toMatch(
      /^CPU 1 waits for the lock of an entry of CPU 0, which waits for nobody/,
    )
  })

  test('along a chain, to the interrupt that was lost', () => {
    const cpus = new StoodStill()
    cpus.words[cpus.cell.machine.handles.base + HANDLE_PINS] = 1
    push(cpus.privates(0), ROUTINE_UNMAP, 0)
    push(cpus.privates(3), ROUTINE_FAULT)
    cpus.privates(3)[top(cpus.privates(3)) + FAULT_HANDLE] = 0
    push(cpus.privates(3), ROUTINE_TAKE_FRAME)
    const { claimLists } = cpus.cell.machine
    // The count of a list is its fourth word.
    cpus.words[claimLists.base + 2 * claimLists.stride + 3] = 5
    cpus.waitsForAcknowledgements(2, [0, 1])
    cpus.log.loses(2, 1)
    expect(deadEnd(cpus.view)).toBe(
      'CPU 0 waits for the end of a fault of CPU 3, which waits for a frame that is claimed of CPU 2, ' +
        'which waits for 2 acknowledgements, one of CPU 1, whose interrupt was lost',
    )
  })

  test('an acknowledgement makes up for the loss, and only the missing ones are named', () => {
    const cpus = new StoodStill()
    cpus.waitsForAcknowledgements(0, [1, 2, 3])
    cpus.log.loses(0, 1)
    cpus.log.acknowledges(1, 0)
    cpus.log.acknowledges(2, 0)
    cpus.words[cpus.cell.control.countdowns.base] = 1
    expect(describeWait(cpus.view, 0)).toBe(' (an acknowledgement of CPU 3)')
    expect(deadEnd(cpus.view)).toBe('CPU 0 waits for an acknowledgement of CPU 3, which waits for nobody')
    cpus.pending.add(3)
    expect(deadEnd(cpus.view)).toBe(
      'CPU 0 waits for an acknowledgement of CPU 3, which has not taken its interrupt',
    )
    cpus.log.kills(3)
    expect(deadEnd(cpus.view)).toBe('CPU 0 waits for an acknowledgement of CPU 3, which was killed')
  })

  test('a word of the strategy is named', () => {
    const cpus = new StoodStill()
    const row = cpus.cell.host.words['row']
    cpus.privates(0)[TICKET] = ((row.base + row.stride) << TICKET_SHIFT) | TICKET_ZERO
    expect(deadEnd(cpus.view)).toBe(
      'CPU 0 waits for strategy.row[1] to become 0, and nothing that is on its way can bring it',
    )
  })

  test('nobody waits', () => {
    const cpus = new StoodStill()
    expect(deadEnd(cpus.view)).toBe('nobody waits for another CPU')
  })
})
