import { NEVER_EXPIRES } from '../../dist/src/contract/hardware.js'
import { SCOPE_SPACE, type Change } from '../../dist/src/contract/change.js'
import { FRAME_REUSE, SEEN } from '../../dist/src/contract/obligation.js'
import { LEVEL_CALL, OPERATION_UNMAP, type Operation } from '../../dist/src/contract/operation.js'
import type { Strategy, StrategyModule } from '../../dist/src/contract/strategy.js'
import type { Ticket } from '../../dist/src/contract/ticket.js'
import { defaultsOf } from '../../dist/src/records/params.js'
import { wholeLines } from '../../dist/src/strategies/shared/lines.js'
import { WordPort } from './bareKernel.js'

/** A strategy on bare ports: its hooks are called one by one, in the order that a test wants. */
export class BareStrategy {
  readonly ports: WordPort[]
  readonly strategy: Strategy
  /** First word of each block, and its stride. */
  readonly words: Record<string, { base: number; stride: number }> = {}

  constructor(module: StrategyModule, cpuCount: number, given: Record<string, number> = {}) {
    const shape = { cpuCount, spaceCount: 4 }
    const parameters = { ...defaultsOf(module.parameters), ...given }
    let wordCount = 0
    for (const [name, { count, stride }] of Object.entries(module.words(shape, parameters))) {
      this.words[name] = { base: wordCount, stride }
      wordCount += wholeLines(count * stride)
    }
    const privates: Record<string, number> = {}
    let privateCount = 0
    for (const [name, count] of Object.entries(module.privateWords(shape, parameters))) {
      privates[name] = privateCount
      privateCount += count
    }
    this.ports = WordPort.all(cpuCount, wordCount)
    this.strategy = module.create({ shape, parameters, words: this.words, privates })
    for (const port of this.ports) this.enter(port.id, 1)
    for (const { log } of this.ports) log.length = 0
  }

  enter(cpu: number, space: number, from = 0): void {
    this.strategy.switching?.(this.ports[cpu], from, space)
    this.strategy.switched(this.ports[cpu], space)
  }

  /** Changes of one page each, then the end of the operation. */
  unmap(cpu: number, pages: readonly number[], given: Partial<Change> = {}): Ticket {
    for (const firstPage of pages) this.strategy.changed(this.ports[cpu], { ...CHANGE, firstPage, ...given })
    return this.strategy.finished(this.ports[cpu], OPERATION)
  }

  resume(cpu: number, ticket: Ticket): Ticket {
    return this.strategy.resumed(this.ports[cpu], ticket)
  }

  /** What the handler has flushed and acknowledged, in order, and what it returned. */
  interrupt(cpu: number): { log: string[]; result: number } {
    const port = this.ports[cpu]
    const from = port.log.length
    const result = this.strategy.interrupted(port)
    return { log: port.log.slice(from), result }
  }

  /** From now on a store to one of these words shows in the CPU's log. */
  watch(cpu: number, named: Record<number, string>): void {
    const port = this.ports[cpu]
    port.onStore = (word) => {
      if (word in named) port.log.push(`${named[word]} = ${port.words[word]}`)
    }
  }
}

const CHANGE: Change = {
  serial: 0,
  operation: 0,
  space: 1,
  scope: SCOPE_SPACE,
  firstPage: 0,
  pageCount: 1,
  entry: 0,
  levels: 1,
  kind: 0,
  oldFlags: 1,
  newFlags: 0,
  tablesFreed: false,
  obligations: SEEN | FRAME_REUSE,
  expiry: NEVER_EXPIRES,
  tag: 0,
}

const OPERATION: Operation = {
  id: 0,
  depth: 0,
  level: LEVEL_CALL,
  kind: OPERATION_UNMAP,
  space: 1,
  firstPage: 0,
  pageCount: 1,
  wholeSpace: false,
  crowded: false,
}
