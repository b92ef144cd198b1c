import type { StrategyModule } from '../contract/strategy.js'
import { chooseStrategy } from '../harness/chooseStrategy.js'
import { givenBy, resolveParameters } from '../harness/parameters.js'
import { strategyParameters } from '../harness/skipOption.js'
import { ALL, parseSpecs, specText } from '../harness/spec.js'
import { moduleNames } from '../registry.js'

/** A strategy that is put to the test, with its parameters. */
export interface Subject {
  /** As it is typed again: `batched:ceiling=4`. */
  readonly spec: string
  readonly file: string
  readonly module: StrategyModule
  readonly parameters: Readonly<Record<string, number>>
}

/** @param text as `--strategy` takes it: names or files, or `all` for every file in src/strategies */
export async function loadSubjects(text: string): Promise<Subject[]> {
  const subjects: Subject[] = []
  for (const spec of parseSpecs('--strategy', text)) {
    for (const one of spec.name === ALL ? moduleNames('strategy') : [spec.name]) {
      const { spec: chosen, loaded } = await chooseStrategy({ ...spec, name: one })
      const { name, file, module } = loaded
      const given = givenBy(`strategy ${name}`, chosen, module.presets)
      const { values, shown } = resolveParameters(
        `strategy ${name}`,
        strategyParameters(module),
        given,
        false,
      )
      subjects.push({ spec: specText(name, shown), file, module, parameters: values })
    }
  }
  return subjects
}
