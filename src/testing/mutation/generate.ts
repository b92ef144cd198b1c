import { SourceMap } from 'node:module'
import { callMutations } from './callRules.js'
import { expressionMutations } from './expressionRules.js'
import type { Mutant, Mutation } from './mutant.js'
import { statementMutations } from './statementRules.js'
import { visits } from './syntax.js'

type MapPayload = ConstructorParameters<typeof SourceMap>[0]

/**
 * All mutants of a compiled file, in the order of the text.
 * @param map the content of its source map; null: lines of the compiled file
 */
export function mutantsOf(file: string, text: string, map: string | null): Mutant[] {
  const sourceMap = map === null ? null : new SourceMap(JSON.parse(map) as MapPayload)
  const found: { mutation: Mutation; where: string }[] = []
  for (const visit of visits(text)) {
    const mutations = [
      ...statementMutations(text, visit),
      ...expressionMutations(text, visit),
      ...callMutations(text, visit),
    ]
    for (const mutation of mutations) found.push({ mutation, where: visit.where })
  }
  found.sort((a, b) => a.mutation.start - b.mutation.start || a.mutation.end - b.mutation.end)
  const texts = new Set([text])
  const keys = new Map<string, number>()
  const mutants: Mutant[] = []
  for (const { mutation, where } of found) {
    const { start, end, kind } = mutation
    const whole = text.slice(0, start) + mutation.text + text.slice(end)
    // Two rules can come to the same text.
    if (texts.has(whole)) continue
    texts.add(whole)
    const original = oneLine(text.slice(start, end))
    const mutated = mutation.text === ';' ? '' : oneLine(mutation.text)
    const name = `${file} ${where} | ${kind} | ${original} | ${mutated}`
    const count = (keys.get(name) ?? 0) + 1
    keys.set(name, count)
    const key = count === 1 ? name : `${name} | ${count}`
    mutants.push({
      key,
      file,
      line: lineOf(text, start, sourceMap),
      where,
      kind,
      original,
      mutated,
      text: whole,
    })
  }
  return mutants
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function lineOf(text: string, offset: number, map: SourceMap | null): number {
  const before = text.slice(0, offset).split('\n')
  const line = before.length - 1
  const entry = map?.findEntry(line, before[line].length)
  return entry !== undefined && 'originalLine' in entry ? entry.originalLine + 1 : line + 1
}
