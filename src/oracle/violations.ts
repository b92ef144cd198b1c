import {
  EXPOSE,
  FRAME_REUSE,
  IO,
  NEW_ENTRY,
  OBLIGATION_NAMES,
  REVOKE,
  SEEN,
  TABLE_REUSE,
  UNLOCK,
  VA_REUSE,
} from '../contract/obligation.js'

/** Something that must never happen, did. */
export interface ViolationRecord {
  /** `I1` .. `I11`. */
  invariant: string
  cpu: number
  space: number
  page: number
  step: number
  message: string
}

const INVARIANT_OF = new Map<number, string>([
  [FRAME_REUSE, 'I1'],
  [VA_REUSE, 'I2'],
  [REVOKE, 'I3'],
  [EXPOSE, 'I3'],
  [UNLOCK, 'I3'],
  [TABLE_REUSE, 'I4'],
  [IO, 'I5'],
  [SEEN, 'I6'],
  [NEW_ENTRY, 'I10'],
])

export function invariantOf(obligation: number): string {
  return INVARIANT_OF.get(obligation) ?? 'I9'
}

export function obligationName(obligation: number): string {
  return OBLIGATION_NAMES[31 - Math.clz32(obligation)] ?? 'none'
}

/** Violations of one run: all are counted, the first few kept in full, and the first of each kind. */
const KEPT = 20

export class ViolationList {
  count = 0
  readonly kept: ViolationRecord[] = []
  /** Told of each that is kept, at once: who runs into it may never come to report. */
  onKept: (record: ViolationRecord) => void = () => {}

  add(record: ViolationRecord): void {
    this.count++
    const isNew = !this.kept.some(({ invariant }) => invariant === record.invariant)
    if (this.kept.length >= KEPT && !isNew) return
    this.kept.push(record)
    this.onKept(record)
  }
}
