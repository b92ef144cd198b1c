/** Tables of `explore`: what was covered, and a schedule that leads to a finding. */
import { alignedTable } from './alignedTable.js'
import { wrap } from './wrap.js'
import { TABLE_WIDTH } from './table.js'

export interface CoverageLine {
  readonly strategy: string
  readonly case: string
  /** CPUs x pages x operations of each CPU. */
  readonly size: string
  readonly preemption: string
  readonly states: number | null
  readonly transitions: number | null
  readonly depth: number | null
  readonly seconds: number | null
  /** Steps that ended for want of frames or addresses. */
  readonly givenUp: number | null
  readonly outcome: string
}

export interface ScheduleLine {
  readonly cpu: number
  readonly action: string
  readonly changes: readonly string[]
}

const HEADINGS = [
  'strategy',
  'case',
  'size',
  'preempted',
  'states',
  'transitions',
  'depth',
  'k states/s',
  'given up',
  'outcome',
]
const TEXT_COLUMNS = new Set([0, 1, 2, 3, 9])

export function coverageTable(lines: readonly CoverageLine[]): string {
  const rows = lines.map((line) => [
    line.strategy,
    line.case,
    line.size,
    line.preemption,
    whole(line.states),
    whole(line.transitions),
    whole(line.depth),
    line.states === null || line.seconds === null
      ? '-'
      : whole(Math.round(line.states / 1000 / line.seconds)),
    whole(line.givenUp),
    line.outcome,
  ])
  return alignedTable([HEADINGS, ...rows], TEXT_COLUMNS)
}

function whole(value: number | null): string {
  return value === null ? '-' : value.toLocaleString('en-US')
}

/** Rows that say the same as the one before, above which they are counted instead of shown. */
const MOST_ALIKE = 2

/** Step, CPU, action, words changed. */
export function scheduleTable(lines: readonly ScheduleLine[]): string {
  const texts = lines.map(({ cpu, action, changes }) => {
    const text = [action === '' ? 'goes on' : action, ...changes].join('; ')
    return { lead: String(cpu).padStart(3), text }
  })
  const rows: string[] = ['step  CPU  action; what it changes']
  for (let index = 0; index < texts.length; index++) {
    const { lead, text } = texts[index]
    const isLike = (other: number) => texts[other]?.lead === lead && texts[other]?.text === text
    const margin = `${String(index + 1).padStart(4)}  ${lead}  `
    const [first, ...more] = wrap(text, TABLE_WIDTH - margin.length)
    rows.push(margin + first, ...more.map((line) => ' '.repeat(margin.length) + line))
    let alike = 0
    while (isLike(index + alike + 1)) alike++
    if (alike <= MOST_ALIKE) continue
    rows.push(`${' '.repeat(margin.length)}the same ${alike.toLocaleString('en-US')} times more`)
    index += alike
  }
  return rows.map((row) => `${row}\n`).join('')
}
