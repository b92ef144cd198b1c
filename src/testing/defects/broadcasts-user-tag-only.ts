import { KERNEL_SPACE } from '../../contract/page.js'
import type { Port } from '../../contract/port.js'
import { DONE, type Ticket } from '../../contract/ticket.js'
import arm64Tlbi from '../../strategies/arm64-tlbi.js'
import { TlbiStrategy, type TlbiPrivates, type TlbiWords } from '../../strategies/shared/tlbiStrategy.js'
import type { Defect } from '../defect.js'
import type { StrategyHost, StrategyModule } from '../../contract/strategy.js'

type Privates = TlbiPrivates | 'loaded'

class UserTagOnly extends TlbiStrategy {
  readonly #loaded: number

  constructor(host: StrategyHost<TlbiWords, Privates>) {
    super(host)
    this.#loaded = host.privates.loaded
  }

  override switched(cpu: Port, to: number): Ticket {
    super.switched(cpu, to)
    cpu.set(this.#loaded, to)
    return DONE
  }

  /** A range of the kernel goes out under the tag of whatever runs here. */
  protected override broadcast(cpu: Port, space: number, firstPage: number, pageCount: number): void {
    const isKernelRange = space === KERNEL_SPACE && pageCount > 0
    super.broadcast(cpu, isKernelRange ? cpu.get(this.#loaded) : space, firstPage, pageCount)
  }
}

export const defect: Defect = {
  name: 'broadcasts-user-tag-only',
  trap: 'AMD64 APM vol. 3, INVLPGB: global entries only where the descriptor says so',
  base: 'arm64-tlbi',
  breaks:
    'CPU 0 takes a page out of the direct map and broadcasts it under the tag of its own space. Global entries stay, and CPU 1 still reaches the page of the guest.',
  expects: ['I3', 'I11'],
  needs: {
    operations: ['touch', 'advise'],
    roles: [['touch'], ['advise']],
    isGuest: true,
    cpus: 2,
    pages: 1,
    operationCount: 1,
    ticks: 0,
    preempt: 'none',
    frames: 2,
  },
  foundWithin: 60,
}

export default {
  ...arm64Tlbi,
  summary: 'a planted defect: kernel mappings are broadcast under the tag of the space that is loaded',
  source: 'none',
  privateWords: (shape) => ({ ...arm64Tlbi.privateWords(shape), loaded: 1 }),
  create: (host) => new UserTagOnly(host),
} satisfies StrategyModule<TlbiWords, Privates>
