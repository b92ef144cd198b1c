import type { Inbox } from './inbox.js'

/** An inbox before another one: it looks for something of its own, and is that one in all else. */
export abstract class InboxBefore implements Inbox {
  protected readonly interrupts: Inbox

  constructor(interrupts: Inbox) {
    this.interrupts = interrupts
  }

  abstract hasArrived(): boolean

  take(): void {
    this.interrupts.take()
  }

  mayTick(): boolean {
    return this.interrupts.mayTick()
  }

  ticksAtRest(): boolean {
    return this.interrupts.ticksAtRest()
  }

  begin(): void {
    this.interrupts.begin()
  }

  end(): void {
    this.interrupts.end()
  }
}
