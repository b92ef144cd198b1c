import { describe, expect, test } from 'vitest'
import type { TapeWriter, WorkloadPlan } from '../dist/src/contract/workload.js'
import { makeTapes } from '../dist/src/workloads/shared/tapeWriter.js'
import { usageErrorOf } from './support/usage.js'

/** Two initiators and one reader; handles 0, 1 and 2 exist. */
function make(write: (plan: WorkloadPlan) => void) {
  const module = {
    summary: '',
    source: '',
    op: '',
    parameters: {},
    write: (plan: WorkloadPlan) => {
      for (let i = 0; i < 3; i++) plan.handle()
      write(plan)
    },
  }
  return makeTapes('probe', module, {
    cpuCount: 4,
    initiators: 2,
    readers: 1,
    parameters: {},
    random: () => 0,
  })
}

function onCpu(cpu: number, write: (tape: TapeWriter) => void) {
  return (plan: WorkloadPlan) => write(plan.tape(cpu))
}

/** CPU 0's tape: handle 0 is mapped with 8 pages by instruction 0, and the body has begun. */
function inBody(write: (tape: TapeWriter) => void) {
  return onCpu(0, (tape) => {
    tape.map(0, 8)
    tape.body()
    write(tape)
  })
}

/** What is written, the place that is named, and the reason. */
type Refused = [name: string, write: (plan: WorkloadPlan) => void, place: string, reason: string]

/** What an innocent must not leave half done. */
function inReader(verb: string, write: (tape: TapeWriter) => void): Refused {
  const withBody = (tape: TapeWriter) => {
    tape.map(1, 1)
    tape.body()
    write(tape)
  }
  const reason = `${verb} in the body of an innocent, which may be stopped`
  return [`an innocent that ${verb}`, onCpu(2, withBody), 'CPU 2, instruction 1', reason]
}

const REFUSED: Refused[] = [
  ['an unknown handle', onCpu(0, (t) => t.map(3, 1)), 'CPU 0, instruction 0', 'unknown handle 3'],
  [
    'a handle that is no number',
    onCpu(0, (t) => t.read(NaN, 0, 1)),
    'CPU 0, instruction 0',
    'unknown handle NaN',
  ],
  [
    'a double map',
    inBody((t) => t.map(0, 8)),
    'CPU 0, instruction 1',
    'maps handle 0, which is mapped since instruction 0',
  ],
  [
    'a handle that two tapes map',
    (p) => [0, 1].forEach((cpu) => p.tape(cpu).map(1, 1)),
    'CPU 1, instruction 0',
    'maps handle 1, which CPU 0 maps too',
  ],
  [
    'an unmap of what is not mapped',
    inBody((t) => t.unmap(1)),
    'CPU 0, instruction 1',
    'unmaps handle 1, which this tape has not mapped',
  ],
  [
    'a second unmap',
    onCpu(0, (t) => {
      t.map(0, 1)
      t.unmap(0)
      t.unmap(0)
    }),
    'CPU 0, instruction 2',
    'unmaps handle 0, which this tape has not mapped',
  ],
  [
    'an access of what no tape maps',
    inBody((t) => t.read(2, 0, 1)),
    'CPU 0, instruction 1',
    'reads handle 2, which no tape maps',
  ],
  [
    'a protect of what no tape maps',
    inBody((t) => t.protect(2, 0, 1, false)),
    'CPU 0, instruction 1',
    'protects handle 2, which no tape maps',
  ],
  [
    'an advise of what no tape maps',
    inBody((t) => t.adviseAway(2, 0, 1)),
    'CPU 0, instruction 1',
    'advises away handle 2, which no tape maps',
  ],
  [
    'a read beyond the mapping',
    inBody((t) => t.read(0, 7, 2)),
    'CPU 0, instruction 1',
    'reads pages 7 to 8 of handle 0, which has 8',
  ],
  [
    'a write beyond the mapping',
    inBody((t) => t.write(0, 8, 1)),
    'CPU 0, instruction 1',
    'writes page 8 of handle 0, which has 8',
  ],
  [
    'a protect beyond the mapping',
    inBody((t) => t.protect(0, 0, 9, true)),
    'CPU 0, instruction 1',
    'protects pages 0 to 8',
  ],
  [
    'an advise beyond the mapping',
    inBody((t) => t.adviseAway(0, 4, 5)),
    'CPU 0, instruction 1',
    'advises away pages 4 to 8',
  ],
  [
    "a range beyond another tape's smallest mapping",
    (p) => {
      const owner = p.tape(0)
      for (const pages of [4, 2]) {
        owner.map(0, pages)
        owner.unmap(0)
      }
      const reader = p.tape(2)
      reader.body()
      reader.read(0, 0, 3)
    },
    'CPU 2, instruction 0',
    'reads pages 0 to 2 of handle 0, which has 2',
  ],
  ['a negative first page', inBody((t) => t.read(0, -1, 1)), 'CPU 0, instruction 1', 'first page -1'],
  ['no page mapped', onCpu(0, (t) => t.map(0, 0)), 'CPU 0, instruction 0', 'page count 0'],
  ['no page accessed', inBody((t) => t.write(0, 0, 0)), 'CPU 0, instruction 1', 'page count 0'],
  ['no page changed', inBody((t) => t.adviseAway(0, 0, 0)), 'CPU 0, instruction 1', 'page count 0'],
  ['half a page', inBody((t) => t.read(0, 0, 1.5)), 'CPU 0, instruction 1', 'page count 1.5'],
  ['no frame', inBody((t) => t.readDirect(0, 0)), 'CPU 0, instruction 1', 'frame count 0'],
  [
    'frames beyond the last',
    inBody((t) => t.readDirect(2 ** 20 - 1, 2)),
    'CPU 0, instruction 1',
    'frame count 2',
  ],
  ['op in op', inBody((t) => t.op(() => t.op(() => {}))), 'CPU 0, instruction 2', 'op inside op'],
  ['op in batch', inBody((t) => t.batch(() => t.op(() => {}))), 'CPU 0, instruction 2', 'op inside batch'],
  [
    'batch in batch',
    inBody((t) => t.batch(() => t.batch(() => {}))),
    'CPU 0, instruction 2',
    'batch inside batch',
  ],
  ['op in the setup', onCpu(0, (t) => t.op(() => {})), 'CPU 0, instruction 0', 'op in the setup'],
  [
    'an op that is not closed',
    inBody((t) => swallow(() => t.op(fail))),
    'CPU 0, instruction 2',
    'the end of the tape comes while op is not closed',
  ],
  [
    'a loop that is not closed',
    inBody((t) => swallow(() => t.loop(2, fail))),
    'CPU 0, instruction 2',
    'while loop is not closed',
  ],
  [
    'a batch that is not closed',
    inBody((t) => swallow(() => t.batch(fail))),
    'CPU 0, instruction 2',
    'while batch is not closed',
  ],
  [
    'a body that begins inside a loop',
    onCpu(0, (t) => t.loop(2, () => t.body())),
    'CPU 0, instruction 1',
    'body() comes while loop is not closed',
  ],
  ['two bodies', inBody((t) => t.body()), 'CPU 0, instruction 1', 'body() is called twice'],
  ['five loops', inBody((t) => nested(t, 5)), 'CPU 0, instruction 5', 'loops nest deeper than 4'],
  ['a loop of 0', inBody((t) => t.loop(0, () => {})), 'CPU 0, instruction 1', 'loop count 0'],
  ['a loop of a half', inBody((t) => t.loop(0.5, () => {})), 'CPU 0, instruction 1', 'loop count 0.5'],
  ['idle for no time', inBody((t) => t.idle(0)), 'CPU 0, instruction 1', 'idle of ns 0'],
  ['idle inside batch', inBody((t) => t.batch(() => t.idle(1))), 'CPU 0, instruction 2', 'idle inside batch'],
  ['a pause of 0', inBody((t) => t.pause(0)), 'CPU 0, instruction 1', 'pause of ns 0'],
  [
    'a pause beyond 31 bits',
    inBody((t) => t.pause(2 ** 31)),
    'CPU 0, instruction 1',
    'pause of ns 2147483648',
  ],
  ['compute of -1', inBody((t) => t.compute(-1)), 'CPU 0, instruction 1', 'compute of ns -1'],
  [
    'compute beyond 31 bits',
    inBody((t) => t.compute(2 ** 31)),
    'CPU 0, instruction 1',
    'compute of ns 2147483648',
  ],
  [
    'a barrier of an innocent',
    onCpu(2, (t) => t.barrier()),
    'CPU 2, instruction 0',
    'barrier on the tape of an innocent',
  ],
  [
    'awaitReaders of an innocent',
    onCpu(2, (t) => t.awaitReaders()),
    'CPU 2, instruction 0',
    'awaitReaders on the tape of an innocent',
  ],
  [
    'a tick of an innocent',
    onCpu(2, (t) => t.tick()),
    'CPU 2, instruction 0',
    'tick on the tape of an innocent',
  ],
  [
    'an op of an innocent',
    onCpu(2, (t) => t.op(() => {})),
    'CPU 2, instruction 0',
    'op on the tape of an innocent',
  ],
  ['an innocent without a body', onCpu(2, (t) => t.compute(1)), 'CPU 2, instruction 1', 'takes no time'],
  [
    'an innocent whose body only advises away',
    onCpu(2, (t) => {
      t.map(0, 1)
      t.body()
      t.adviseAway(0, 0, 1)
    }),
    'CPU 2, instruction 2',
    'takes no time',
  ],
  inReader('maps', (t) => t.map(0, 1)),
  inReader('unmaps', (t) => t.unmap(1)),
  inReader('begins a batch', (t) => t.batch(() => {})),
  inReader('switches', (t) => t.switchTo(2)),
  inReader('stops its ticks', (t) => t.tickless(true)),
  [
    'a body that does not end as it began',
    inBody((t) => t.tickless(true)),
    'CPU 0, instruction 2',
    'the body begins with ticks and does not end so',
  ],
  [
    'preempt inside batch',
    inBody((t) => t.batch(() => t.preempt(5))),
    'CPU 0, instruction 2',
    'preempt inside batch',
  ],
  [
    'a map that the body leaves',
    inBody((t) => t.map(1, 1)),
    'CPU 0, instruction 1',
    'maps handle 1, and the body ends without its unmap',
  ],
  [
    'an unmap of the setup in the body',
    inBody((t) => t.unmap(0)),
    'CPU 0, instruction 2',
    'the body unmaps handle 0, which was mapped before it',
  ],
  [
    'a map that a loop leaves',
    onCpu(0, (t) => t.loop(2, () => t.map(1, 1))),
    'CPU 0, instruction 1',
    'maps handle 1, and the loop ends without its unmap',
  ],
  [
    'a map that a loop replaces by a larger one',
    inBody((t) =>
      t.loop(2, () => {
        t.unmap(0)
        t.map(0, 9)
      }),
    ),
    'CPU 0, instruction 3',
    'maps handle 0, and the loop ends without its unmap',
  ],
  [
    'an unmap that only the first round of a loop can do',
    inBody((t) => t.loop(2, () => t.unmap(0))),
    'CPU 0, instruction 3',
    'the loop unmaps handle 0',
  ],
  [
    'a wait in a batch',
    inBody((t) => t.batch(() => t.awaitReaders())),
    'CPU 0, instruction 2',
    'awaitReaders inside batch',
  ],
  [
    'a switch in a batch',
    inBody((t) => t.batch(() => t.switchTo(2))),
    'CPU 0, instruction 2',
    'switchTo inside batch',
  ],
  [
    'an access of what the same batch has locked',
    inBody((t) =>
      t.batch(() => {
        t.adviseAway(0, 0, 1)
        t.read(0, 0, 1)
      }),
    ),
    'CPU 0, instruction 3',
    'reads handle 0, which the same batch has changed',
  ],
  inReader('tears a space down', (t) => t.tearDown(2)),
  [
    'a teardown in a batch',
    inBody((t) => t.batch(() => t.tearDown(2))),
    'CPU 0, instruction 2',
    'tearDown inside batch',
  ],
  [
    'a teardown of the own space',
    inBody((t) => t.tearDown(1)),
    'CPU 0, instruction 1',
    'space 1, which it runs',
  ],
  [
    'a teardown of what was mapped before the body',
    onCpu(0, (t) => {
      t.switchTo(2)
      t.map(0, 8)
      t.switchTo(1)
      t.body()
      t.tearDown(2)
    }),
    'CPU 0, instruction 4',
    'the body unmaps handle 0',
  ],
  [
    'a space that two tear down',
    (plan) => [0, 1].forEach((cpu) => plan.tape(cpu).tearDown(2)),
    'CPU 0, instruction 0',
    'tears down space 2, but CPU 1 tears it down too',
  ],
  [
    'a teardown of a space that another one maps in',
    (plan) => {
      plan.tape(0).tearDown(2)
      plan.tape(1).switchTo(2)
      plan.tape(1).map(1, 1)
      plan.tape(1).switchTo(1)
    },
    'CPU 0, instruction 0',
    'tears down space 2, but CPU 1 maps handle 1 there',
  ],
  [
    'a teardown of a space that an innocent stays in',
    (plan) => {
      plan.tape(0).tearDown(2)
      plan.tape(2).switchTo(2)
      plan.tape(2).body()
      plan.tape(2).compute(1)
    },
    'CPU 0, instruction 0',
    'tears down space 2, but CPU 2 waits, begins or ends in it',
  ],
  [
    'a teardown of a space that another one waits in',
    (plan) => {
      for (const cpu of [0, 1]) plan.tape(cpu).body()
      plan.tape(1).switchTo(2)
      for (const cpu of [0, 1]) plan.tape(cpu).barrier()
      plan.tape(1).switchTo(1)
      plan.tape(0).tearDown(2)
    },
    'CPU 0, instruction 1',
    'tears down space 2, but CPU 1 waits, begins or ends in it',
  ],
  ["the kernel's space", inBody((t) => t.switchTo(0)), 'CPU 0, instruction 1', 'space 0'],
  [
    'a body that ends in another space',
    inBody((t) => t.switchTo(2)),
    'CPU 0, instruction 2',
    'the body begins in space 1 and ends in space 2',
  ],
  [
    'a loop that ends in another space',
    onCpu(0, (t) => t.loop(2, () => t.switchTo(2))),
    'CPU 0, instruction 2',
    'the loop begins in space 1',
  ],
  [
    'an access while another space is active',
    onCpu(0, (t) => {
      t.map(0, 1)
      t.switchTo(2)
      t.read(0, 0, 1)
    }),
    'CPU 0, instruction 2',
    'reads handle 0 of space 1 while space 2 is active',
  ],
  [
    "a change of another tape's mapping that comes and goes",
    (p) => {
      const owner = p.tape(0)
      owner.body()
      owner.map(0, 1)
      owner.unmap(0)
      const other = p.tape(1)
      other.body()
      other.protect(0, 0, 1, false)
    },
    'CPU 1, instruction 0',
    'protects handle 0, which may not be mapped then',
  ],
  [
    'a change in the setup of what another tape maps in its own',
    (p) => {
      p.tape(0).map(0, 1)
      p.tape(1).protect(0, 0, 1, false)
    },
    'CPU 1, instruction 0',
    'protects handle 0, which may not be mapped then',
  ],
  [
    'a change after the own unmap',
    onCpu(0, (t) => {
      t.map(0, 1)
      t.unmap(0)
      t.adviseAway(0, 0, 1)
    }),
    'CPU 0, instruction 2',
    'advises away handle 0, which may not be mapped then',
  ],
  [
    'a different number of barriers',
    (p) => {
      const [first, second] = [p.tape(0), p.tape(1)]
      for (const tape of [first, second]) tape.body()
      first.loop(3, () => first.barrier())
      second.barrier()
    },
    'CPU 1, instruction 0',
    '0 barriers in the setup and 1 in the body, but CPU 0 has 0 and 3',
  ],
]

function fail(): never {
  throw new Error('swallowed')
}

function swallow(run: () => void): void {
  try {
    run()
  } catch {
    // As a careless workload would.
  }
}

function nested(tape: TapeWriter, depth: number): void {
  if (depth > 0) tape.loop(2, () => nested(tape, depth - 1))
}

describe('the tape writer refuses', () => {
  test.each(REFUSED)('%s', async (_, write, place, reason) => {
    const message = await usageErrorOf(() => make(write))
    expect(message).toContain(`workload probe\n${place}: `)
    expect(message).toContain(reason)
  })

  test.each([3, -1, 0.5])('the tape of CPU %d, which is neither initiator nor reader', async (cpu) => {
    const message = await usageErrorOf(() => make((plan) => plan.tape(cpu)))
    expect(message).toContain(`it asks for the tape of CPU ${cpu}; 2 initiators and 1 readers have one`)
  })
})

describe('the tape writer allows', () => {
  test.each<[string, (plan: WorkloadPlan) => void]>([
    ['four loops', onCpu(0, (t) => nested(t, 4))],
    [
      'a batch in an op in a loop',
      inBody((t) => t.loop(2, () => t.op(() => t.batch(() => t.protect(0, 0, 8, false))))),
    ],
    ['a map that a loop of one leaves', onCpu(0, (t) => t.loop(1, () => t.map(0, 1)))],
    ['a body that finds again what it replaced', inBody((t) => (t.unmap(0), t.map(0, 8)))],
    ['an innocent that only pauses', onCpu(2, (t) => (t.body(), t.pause(1)))],
    ['an innocent that reads the direct map only', onCpu(2, (t) => (t.body(), t.readDirect(0, 1)))],
    [
      'an access after the own unmap, which is passed over',
      onCpu(0, (t) => (t.map(0, 4), t.unmap(0), t.read(0, 0, 4))),
    ],
    [
      'another tape that reads before the mapping is written',
      (p) => (p.tape(1).read(0, 0, 1), p.tape(0).map(0, 1)),
    ],
    [
      "a change of another tape's mapping that stays",
      (p) => {
        p.tape(0).map(0, 4)
        p.tape(1).body()
        p.tape(1).protect(0, 0, 4, false)
      },
    ],
  ])('%s', (_, write) => {
    expect(() => make(write)).not.toThrow()
  })
})
