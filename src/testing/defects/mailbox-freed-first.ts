import type { Port } from '../../contract/port.js'
import netbsd, { Mailbox, NetbsdPacket } from '../../strategies/netbsd-packet.js'
import { plant, type Defect } from '../defect.js'

class FreesFirst extends Mailbox {
  protected override complete(cpu: Port, mailbox: number): void {
    this.free(cpu, mailbox)
    this.moveOn(cpu, mailbox)
  }
}

export const defect: Defect = {
  name: 'mailbox-freed-first',
  trap: 'NetBSD x86_tlb.c: "It\'s important to clear the active pointer before setting TP_DONE", the other way round with a generation',
  base: 'netbsd-packet',
  breaks:
    'CPU 1 is the last to answer CPU 0 and frees the mailbox. CPU 2 claims it and notes the next generation, which CPU 1 then makes: CPU 2 goes on before anybody has flushed for it.',
  expects: ['I1', 'I2', 'I6', 'I11'],
  needs: {
    operations: ['advise'],
    roles: [['advise'], [], ['advise']],
    cpus: 3,
    pages: 2,
    operationCount: 1,
    ticks: 0,
    preempt: 'hooks',
  },
  foundWithin: 20_000,
}

export default plant(
  netbsd,
  'frees the mailbox before it moves the generation on',
  (host) => new NetbsdPacket(host, FreesFirst),
)
