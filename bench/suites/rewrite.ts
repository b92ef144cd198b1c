import { parse, type AnyNode } from 'acorn'
import { full } from 'acorn-walk'

/** What is to stand in the place of a node; undefined: the node stays. */
export type Rule = (node: AnyNode, text: string) => string | undefined

/** Replaces all nodes of a compiled file that the rule names. Of nodes within each other the outermost counts. */
export function rewrite(text: string, rule: Rule): string {
  const found: { start: number; end: number; by: string }[] = []
  full(parse(text, { ecmaVersion: 2023, sourceType: 'module' }), (node) => {
    const by = rule(node, text)
    if (by !== undefined) found.push({ start: node.start, end: node.end, by })
  })
  found.sort((a, b) => a.start - b.start || b.end - a.end)
  let result = ''
  let at = 0
  for (const { start, end, by } of found) {
    if (start < at) continue
    result += text.slice(at, start) + by
    at = end
  }
  return result + text.slice(at)
}

/** The last name of a chain: `watch` of `this.#cpu.watch`, of `this.#watch` and of `watch`. */
export function lastName(node: AnyNode): string {
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return node.name
  return node.type === 'MemberExpression' ? lastName(node.property) : ''
}
