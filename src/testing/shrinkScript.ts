import { stepCountOf, type Script, type Step } from './script.js'

/**
 * A smaller script that still fails: CPUs, then runs of steps, then mappings, then numbers are taken
 * away for as long as it does. Every script is legal, so nothing has to be repaired in between.
 * @param isOver asked before each try: a script that hangs takes seconds
 */
export async function shrinkScript(
  script: Script,
  fails: (smaller: Script) => Promise<boolean>,
  isOver: () => boolean,
): Promise<Script> {
  let best = script
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    for (const smaller of smallerThan(best)) {
      if (isOver()) return best
      if (!(await fails(smaller))) continue
      best = smaller
      isSmaller = true
      break
    }
  }
  return best
}

/** The largest cuts first. */
function* smallerThan(script: Script): Generator<Script> {
  const { initiators, readers, regions } = script
  for (let index = initiators.length - 1; index >= 0 && initiators.length > 1; index--)
    yield { ...script, initiators: initiators.toSpliced(index, 1) }
  for (let index = readers.length - 1; index >= 0; index--)
    yield { ...script, readers: readers.toSpliced(index, 1) }
  if (script.bystanders > 0) yield { ...script, bystanders: 0 }
  for (let length = stepCountOf(script); length >= 1; length = Math.floor(length / 2)) {
    for (const [cpu, steps] of initiators.entries())
      for (const fewer of without(steps, length)) yield { ...script, initiators: initiators.with(cpu, fewer) }
    for (const [cpu, steps] of readers.entries())
      for (const fewer of without(steps, length)) yield { ...script, readers: readers.with(cpu, fewer) }
  }
  for (let index = regions.length - 1; index >= 0 && regions.length > 1; index--)
    yield { ...script, regions: regions.toSpliced(index, 1) }
  if (script.spaces > 1) yield { ...script, spaces: 1 }
  if (script.isShort) yield { ...script, isShort: false }
  for (const [index, region] of regions.entries()) {
    if (region.pages > 1) yield { ...script, regions: regions.with(index, { ...region, pages: 1 }) }
    if (region.kind !== 'w') yield { ...script, regions: regions.with(index, { ...region, kind: 'w' }) }
  }
  for (const [cpu, steps] of initiators.entries())
    for (const simpler of withZeros(steps)) yield { ...script, initiators: initiators.with(cpu, simpler) }
  for (const [cpu, steps] of readers.entries())
    for (const simpler of withZeros(steps)) yield { ...script, readers: readers.with(cpu, simpler) }
}

function* without(steps: readonly Step[], length: number): Generator<Step[]> {
  if (length > steps.length) return
  for (let at = 0; at + length <= steps.length; at += length) yield steps.toSpliced(at, length)
}

function* withZeros(steps: readonly Step[]): Generator<Step[]> {
  for (const [at, step] of steps.entries()) {
    for (const [index, number] of step.numbers.entries())
      if (number > 0) yield steps.with(at, { ...step, numbers: step.numbers.with(index, 0) })
  }
}
