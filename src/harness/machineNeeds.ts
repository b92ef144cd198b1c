import type { StrategyModule } from '../contract/strategy.js'
import { UsageError } from '../contract/usageError.js'
import { asTyped } from './quote.js'

/**
 * `sim` and `threads` model one machine, whose profile says `hardware: ipi`. A strategy for another
 * one would throw in the middle of its first operation, so it is refused while the input is read.
 */
export function refuseForeignHardware(name: string, module: StrategyModule): void {
  const [missing] = module.needs ?? []
  if (missing === undefined) return
  throw new UsageError(
    `strategy ${asTyped(name)}`,
    `it needs ${missing}, and the machine of sim and threads has interrupts only`,
    [],
    `explore has it: npm run explore -- --strategy ${name}`,
  )
}
