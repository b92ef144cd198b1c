import type { AnyNode, BinaryExpression, Literal } from 'acorn'
import type { MutantKind, Mutation } from './mutant.js'
import { isConstantName, textOf, type Visit } from './syntax.js'

const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
}

/** Comparisons, conditions, sums and numbers. */
export function expressionMutations(text: string, visit: Visit): Mutation[] {
  const { node, above } = visit
  const put = (kind: MutantKind, start: number, end: number, by: string): Mutation => ({
    kind,
    start,
    end,
    text: by,
  })
  if (node.type === 'BinaryExpression') return binary(text, node, put)
  if (node.type === 'Literal') return literal(node, above, put)
  if (node.type === 'LogicalExpression') {
    const other = node.operator === '&&' ? '||' : '&&'
    const sides = [node.left, node.right].map((side) => `(${textOf(text, side)})`)
    return [put('condition', node.start, node.end, sides.join(` ${other} `))]
  }
  if (node.type === 'UnaryExpression') {
    if (node.operator !== '!') return []
    return [put('condition', node.start, node.end, `(${textOf(text, node.argument)})`)]
  }
  if (node.type !== 'IfStatement' && node.type !== 'ConditionalExpression') return []
  const { test } = node
  // A comparison, a conjunction and a negation have rules of their own.
  if (test.type !== 'CallExpression') return []
  return [put('condition', test.start, test.end, `!${textOf(text, test)}`)]
}

type Put = (kind: MutantKind, start: number, end: number, by: string) => Mutation

function binary(text: string, node: BinaryExpression, put: Put): Mutation[] {
  const { left, right, operator } = node
  const between = text.slice(left.end, right.start)
  // Around the operator, not around the operands: these may stand in brackets of their own.
  const withOperator = (other: string): string =>
    text.slice(node.start, left.end) + between.replace(operator, other) + text.slice(right.start, node.end)
  const comparisons = COMPARISONS[operator] ?? []
  const found = comparisons.map((other) => put('comparison', node.start, node.end, withOperator(other)))
  if ((operator === '+' || operator === '-') && !isAddress(text, node)) {
    found.push(put('arithmetic', node.start, node.end, withOperator(operator === '+' ? '-' : '+')))
    // A named distance, such as the epochs until a slot is free.
    if (isConstantName(right)) {
      found.push(put('constant', right.start, right.end, `(${textOf(text, right)} + 1)`))
      found.push(put('constant', right.start, right.end, `(${textOf(text, right)} - 1)`))
    }
  }
  if (operator === '&' && isConstantName(right))
    found.push(put('constant', node.start, node.end, `(${textOf(text, left)})`))
  return found
}

/** Where a word is, not what is done to it: the base of a block, and a field's name behind a `+`. */
function isAddress(text: string, node: AnyNode): boolean {
  if (/\.(base|stride|at)\b|SLOTS_AT|SLOT_WORDS|CURSORS|COUNTED_EPOCH/.test(textOf(text, node))) return true
  return (
    node.type === 'BinaryExpression' &&
    isConstantName(node.right) &&
    textOf(text, node.right) !== 'EPOCHS_TO_FREE'
  )
}

function literal(node: Literal, above: readonly AnyNode[], put: Put): Mutation[] {
  const parent = above.at(-1)
  if (typeof node.value === 'boolean')
    return [put('constant', node.start, node.end, node.value ? 'false' : 'true')]
  if (typeof node.value !== 'number' || parent === undefined) return []
  const isSum = parent.type === 'BinaryExpression' && /^[+-]$/.test(parent.operator)
  const isArgument = parent.type === 'CallExpression'
  const isStart = parent.type === 'VariableDeclarator'
  if (!isSum && !isArgument && !isStart) return []
  const found = [put('constant', node.start, node.end, `${node.value + 1}`)]
  if (isSum) found.push(put('constant', node.start, node.end, `${node.value - 1}`))
  return found
}
