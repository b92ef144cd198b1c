import type { Parameters } from '../contract/parameter.js'
import type { Draw, FaultPlan } from './faultPlan.js'

/** Null: this CPU is not struck. @param perNs units of time in a nanosecond */
export function spansOf(
  plan: FaultPlan,
  name: 'stall-cpu' | 'interrupts-off',
  cpu: number,
  draw: Draw,
  begin: number,
  perNs: number,
): FaultSpans | null {
  const parameters = plan.faults[name]
  if (parameters === undefined) return null
  const isOther = parameters['cpu'] >= 0 && parameters['cpu'] !== cpu
  return isOther ? null : new FaultSpans(draw, parameters, begin, perNs)
}

interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Spans of time that are drawn one after the other: in which a CPU is stalled, or has interrupts off.
 * They are drawn as far as somebody asks and then kept, because whoever asks for an interrupt may look
 * further ahead than whoever asks for the tick.
 */
export class FaultSpans {
  readonly #spans: Span[] = []
  readonly #draw: Draw
  readonly #everyNs: number
  readonly #maxNs: number
  readonly #perNs: number
  #end: number

  /**
   * @param begin before which nothing strikes
   * @param perNs units of time in a nanosecond
   */
  constructor(draw: Draw, { everyUs, maxUs }: Parameters, begin: number, perNs: number) {
    this.#draw = draw
    this.#everyNs = everyUs * 1000
    this.#maxNs = maxUs * 1000
    this.#perNs = perNs
    this.#end = begin
  }

  /** The end of the span that a moment falls into, or the moment itself where it falls into none. */
  until(moment: number): number {
    while (this.#end <= moment) this.#extend()
    for (let index = this.#spans.length - 1; index >= 0; index--) {
      const { from, to } = this.#spans[index]
      if (to <= moment) break
      if (from <= moment) return to
    }
    return moment
  }

  /** The first span that begins at a moment or later. */
  next(moment: number): Span {
    for (let index = 0; ; index++) {
      if (index === this.#spans.length) this.#extend()
      const span = this.#spans[index]
      if (span.from >= moment) return span
    }
  }

  #extend(): void {
    // Uniform up to twice the mean, from the end of the one before: they never overlap.
    const from = this.#end + (1 + this.#draw(2 * this.#everyNs)) * this.#perNs
    this.#end = from + (1 + this.#draw(this.#maxNs)) * this.#perNs
    this.#spans.push({ from, to: this.#end })
  }
}
