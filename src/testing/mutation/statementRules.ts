import type { AnyNode, CallExpression, Statement } from 'acorn'
import { ancestor } from 'acorn-walk'
import type { Mutation } from './mutant.js'
import { calledName, callsIn, isPortCall, textOf, type Visit } from './syntax.js'

/** Of the port's operations those on words that no other CPU sees: their order among others cannot be observed. */
const PRIVATE = new Set(['get', 'set'])

/** Statements that go, and neighbours that change places. */
export function statementMutations(text: string, { node }: Visit): Mutation[] {
  if (node.type === 'ExpressionStatement' && node.expression.type === 'CallExpression')
    return [{ kind: 'removed call', start: node.start, end: node.end, text: ';' }]
  if (node.type === 'IfStatement' && !node.alternate && leaves(node.consequent))
    return [{ kind: 'removed guard', start: node.start, end: node.end, text: ';' }]
  return node.type === 'BlockStatement' ? swaps(text, node.body) : []
}

function swaps(text: string, body: readonly Statement[]): Mutation[] {
  const found: Mutation[] = []
  for (const [index, first] of body.entries()) {
    const second = body.at(index + 1)
    if (second === undefined || !isShared(first) || !isShared(second) || isTied(first, second)) continue
    const between = text.slice(first.end, second.start)
    found.push({
      kind: 'swapped statements',
      start: first.start,
      end: second.end,
      // The comment between them would stand before the wrong one.
      text: textOf(text, second) + between.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '') + textOf(text, first),
    })
  }
  return found
}

/** Whether it may touch what another CPU sees: any call does, but for private words and arithmetic. */
function isShared(statement: Statement): boolean {
  if (leaves(statement)) return false
  return callsIn(statement).some((call) => {
    if (isPortCall(call)) return !PRIVATE.has(calledName(call))
    return takesCpu(call)
  })
}

function takesCpu(call: CallExpression): boolean {
  return call.arguments.some((argument) => argument.type === 'Identifier' && argument.name === 'cpu')
}

/** Whether control may not come to the statement behind it: then they are not two steps in a row. */
function leaves(node: AnyNode): boolean {
  let found = false
  const leave = (): void => {
    found = true
  }
  ancestor(node, { ReturnStatement: leave, BreakStatement: leave, ContinueStatement: leave })
  return found
}

/** The second uses a name that the first declares or assigns. */
function isTied(first: Statement, second: Statement): boolean {
  const names = new Set<string>()
  ancestor(first, {
    VariableDeclarator: ({ id }) => {
      if (id.type === 'Identifier') names.add(id.name)
    },
    AssignmentExpression: ({ left }) => {
      if (left.type === 'Identifier') names.add(left.name)
    },
  })
  let isUsed = false
  ancestor(second, {
    Identifier: ({ name }) => {
      if (names.has(name)) isUsed = true
    },
  })
  return isUsed
}
