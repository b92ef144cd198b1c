import { Watch } from './watch.js'

/**
 * An oracle that sees nothing. No run uses it: it is what the suites hold the others against, to show
 * what watching costs.
 */
export class BlindWatch extends Watch {
  override stamp(): number {
    return 0
  }

  override clock(): number {
    return 0
  }

  override event(): void {}

  override get journalHead(): number {
    return 0
  }

  override opened(): void {}

  override claimed(): void {}

  override answered(): void {}

  override changing(): void {}

  override exposed(): void {}
}
