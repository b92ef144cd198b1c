import type { Port } from '../../contract/port.js'
import { WHOLE_SPACE } from './round.js'
import { ToldRound } from './toldRound.js'

const ALL_PAGES = 0x7fffffff

/** A round among CPUs with page tables of their own. One for a demand drops every entry of everybody. */
export class OwnTableRound extends ToldRound {
  /** First the own table: what a walk finds there after the flush would be cached again. */
  protected override flushHere(
    cpu: Port,
    space: number,
    firstPage: number,
    pageCount: number,
    stride: number,
  ): void {
    this.dropOwn(cpu, firstPage, pageCount)
    super.flushHere(cpu, space, firstPage, pageCount, stride)
  }

  protected dropOwn(cpu: Port, firstPage: number, pageCount: number): void {
    if (pageCount === WHOLE_SPACE) cpu.dropOwn(0, ALL_PAGES)
    else cpu.dropOwn(firstPage, pageCount)
  }
}
