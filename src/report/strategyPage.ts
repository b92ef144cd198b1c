/** The pages in docs/strategies/, each made from the doc comment above a strategy's `export default` and from its module. */
import type { StrategyModule } from '../contract/strategy.js'
import { defaultsOf } from '../records/params.js'

const COMMENT = /\/\*\*\n((?: \*[^\n]*\n)+) \*\/\nexport default \{/

/**
 * @param source text of the strategy's file
 * @throws Error where it has no such comment
 */
export function strategyPage(name: string, source: string, module: StrategyModule): string {
  const comment = COMMENT.exec(source)
  if (comment === null)
    throw new Error(`src/strategies/${name}.ts has no doc comment above its export default`)
  const text = comment[1].replaceAll(/^ \* ?/gm, '')
  return `# ${name}

Generated from \`src/strategies/${name}.ts\`; do not edit.

${module.summary[0].toUpperCase()}${module.summary.slice(1)}.

${facts(module)}
${text}${parameters(module)}${presets(module)}`
}

/** @param pages of all strategies, by name */
export function strategyIndex(modules: ReadonlyMap<string, StrategyModule>): string {
  const rows = [...modules].map(([name, module]) => [
    `[${name}](strategies/${name}.md)`,
    module.contract(defaultsOf(module.parameters)),
    (module.needs ?? []).join(', '),
    module.summary,
  ])
  return `# Strategies

Generated from \`src/strategies/\`; do not edit. What the contracts promise is in
[src/contract/obligation.ts](../src/contract/obligation.ts); results are ranked within one contract only.

${table(['strategy', 'contract', 'needs', 'what it does'], rows)}`
}

function facts(module: StrategyModule): string {
  const defaults = defaultsOf(module.parameters)
  const { tickNs, deadlineNs } = module.assumes(defaults)
  const rows = [
    ['source', module.source],
    ['contract', module.contract(defaults)],
    ['needs', (module.needs ?? []).join(', ')],
    ['a tick every', tickNs === undefined ? '' : `${tickNs / 1000} us`],
    ['deadline', deadlineNs === undefined ? '' : `${deadlineNs / 1000} us`],
  ]
  return table(
    ['', ''],
    rows.filter(([, value]) => value !== ''),
  )
}

function parameters(module: StrategyModule): string {
  const rows = Object.entries(module.parameters).map(([name, spec]) => [
    `\`${name}\``,
    String(spec.default),
    spec.unit,
    `${spec.min} to ${spec.max}`,
    spec.summary,
    spec.source,
  ])
  return rows.length === 0
    ? ''
    : `\n## Parameters\n\n${table(['name', 'default', 'unit', 'bounds', 'meaning', 'source of the default'], rows)}`
}

function presets(module: StrategyModule): string {
  const rows = Object.entries(module.presets ?? {}).map(([name, { summary, source, values }]) => [
    `\`${name}\``,
    Object.entries(values)
      .map(([parameter, value]) => `${parameter}=${value}`)
      .join(', '),
    module.contract({ ...defaultsOf(module.parameters), ...values }),
    summary,
    source,
  ])
  const head = ['preset', 'values', 'contract', 'meaning', 'source']
  return rows.length === 0 ? '' : `\n## Presets\n\n${table(head, rows)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return [head, head.map(() => '---'), ...rows].map(line).join('')
}
