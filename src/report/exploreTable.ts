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
  'outcome',
]
const TEXT_COLUMNS = new Set([0, 1, 2, 3, 8])

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
    line.outcome,
  ])
  return alignedTable([HEADINGS, ...rows], TEXT_COLUMNS)
}

function whole(value: number | null): string {
  return value === null ? '-' : value.toLocaleString('en-US')
}

/** Step, CPU, action, words changed. */
export function scheduleTable(lines: readonly ScheduleLine[]): string {
  const head = 'step  CPU  action; what it changes\n'
  return (
    head +
    lines
      .map(({ cpu, action, changes }, index) => {
        const lead = `${String(index + 1).padStart(4)}  ${String(cpu).padStart(3)}  `
        const text = [action === '' ? 'goes on' : action, ...changes].join('; ')
        const [first, ...more] = wrap(text, TABLE_WIDTH - lead.length)
        return [lead + first, ...more.map((line) => ' '.repeat(lead.length) + line)].join('\n')
      })
      .map((row) => `${row}\n`)
      .join('')
  )
}
