import { FRAME_SHIFT, LEVEL_BITS, PRESENT } from '../../src/contract/page.js'
import type { CellPlan } from '../../src/engines/cellWords.js'
import { PHASE_PASS } from '../../src/engines/threads/protocol.js'
import { COUNT_TLB_MISSES } from '../../src/machine/counters.js'
import { Tables } from '../../src/machine/tables.js'
import { HANDLE_FIRST, SPACE_ROOT } from '../../src/machine/words.js'
import { sink } from './bareTape.js'
import { planOf } from './cell.js'
import { clockNs, mustBe, type Sample, type Side, type Suite } from './suite.js'
import { loneCpu, type ThreadsCpu } from './threadsCpu.js'

/** Twice the second level: with first-in-first-out replacement every access of a round trip misses. */
const WARM_PAGES = 4096
/** One page in each GiB: every walk needs another table of levels 1 and 2, more than the caches hold. */
const COLD_PAGES = 32
const COLD_STRIDE = 1 << (2 * LEVEL_BITS)
const ACCESSES = 1 << 14

interface Pattern {
  readonly name: string
  readonly pages: number
  readonly stride: number
  /** Levels that a walk reads, by what the paging-structure cache spares it. */
  readonly levels: number
}

const PATTERNS: readonly Pattern[] = [
  { name: 'warm', pages: WARM_PAGES, stride: 1, levels: 1 },
  { name: 'cold', pages: COLD_PAGES, stride: COLD_STRIDE, levels: 3 },
]

function patternPlan({ pages, stride }: Pattern): CellPlan {
  return planOf(
    (plan) => {
      const tape = plan.tape(0)
      const own = plan.handle()
      const touch = () => {
        if (stride === 1) tape.read(own, 0, pages)
        else for (let page = 0; page < pages; page++) tape.read(own, page * stride, 1)
      }
      tape.map(own, pages * stride)
      touch()
      tape.body()
      tape.loop(ACCESSES / pages, touch)
    },
    { cpus: 1, initiators: 1, readers: 0 },
  )
}

function missSample(alone: ThreadsCpu): () => Sample {
  return () => {
    alone.resetPhase()
    const ns = alone.run(PHASE_PASS)
    mustBe('misses of a pass that only misses', alone.cpu.counters[COUNT_TLB_MISSES], ACCESSES)
    return { ns, operations: ACCESSES }
  }
}

/** Reads the entries of as many levels as the walker has to, by plain loads, from the table that the cache would name. */
function bareSample(alone: ThreadsCpu, words: Int32Array, pattern: Pattern): () => Sample {
  const { machine } = alone.cell
  const tables = new Tables(alone.cpu.memory, machine.tables, machine.tableCount, machine.nextTable)
  const first = words[machine.handles.base + HANDLE_FIRST]
  const pages = Int32Array.from({ length: pattern.pages }, (_, index) => first + index * pattern.stride)
  // Tables by which walks begin, one for each page.
  const begins = pages.map((page) => {
    let table = words[machine.spaces.base + machine.spaces.stride + SPACE_ROOT]
    for (let level = 4; level > pattern.levels; level--) {
      table = words[tables.entryWord(table, level, page)] >>> FRAME_SHIFT
    }
    return table
  })
  return () => {
    const start = clockNs()
    let sum = 0
    for (let done = 0; done < ACCESSES; done += pages.length) {
      for (let index = 0; index < pages.length; index++) {
        let table = begins[index]
        for (let level = pattern.levels; level >= 1; level--) {
          const entry = words[tables.entryWord(table, level, pages[index])]
          if ((entry & PRESENT) === 0) throw new Error(`page ${pages[index]} is not mapped`)
          table = entry >>> FRAME_SHIFT
        }
        sum = (sum + table) | 0
      }
    }
    sink.value += sum
    return { ns: clockNs() - start, operations: ACCESSES }
  }
}

const suite: Suite = (use) => {
  const sides: Side[] = []
  for (const pattern of PATTERNS) {
    const alone = loneCpu(patternPlan(pattern))
    sides.push(
      {
        name: `bare, ${pattern.name}`,
        operation: `plain read of ${pattern.levels} page-table level${pattern.levels > 1 ? 's' : ''}`,
        isAsync: false,
        sample: bareSample(alone, alone.words, pattern),
      },
      {
        name: `miss, ${pattern.name}`,
        operation: `access that misses both levels; the walk reads ${pattern.levels}`,
        against: `bare, ${pattern.name}`,
        isAsync: false,
        sample: missSample(alone),
      },
    )
  }
  return use(sides)
}

export default suite
