import { parse, type AnyNode, type CallExpression, type Expression } from 'acorn'
import { ancestor } from 'acorn-walk'

/** A node with the nodes around it, outermost first. */
export interface Visit {
  readonly node: AnyNode
  /** The enclosing nodes, the program first and the node's parent last. */
  readonly above: readonly AnyNode[]
  /** Name of the function or method. */
  readonly where: string
}

/**
 * Functions that only say how many words there are and where: a wrong size is another layout, not
 * another protocol, and the machine refuses what does not fit.
 */
const LAYOUT = new Set([
  'constructor',
  'fallbackPrivates',
  'holderBlock',
  'roundBlocks',
  'roundPrivates',
  'roundWords',
  'setWords',
  'wordsPerCpu',
])

/** Every node inside a function that does something: no imports, constants, layout, facts of the module. */
export function visits(text: string): Visit[] {
  const found: Visit[] = []
  const program = parse(text, { ecmaVersion: 2023, sourceType: 'module' })
  const visit = (node: AnyNode, _state: unknown, ancestors: AnyNode[]): void => {
    const above = ancestors.slice(0, -1)
    if (above.some(({ type }) => type === 'ExportDefaultDeclaration')) return
    const where = functionName(above)
    if (where !== '' && !LAYOUT.has(where)) found.push({ node, above, where })
  }
  const kinds = [
    'ExpressionStatement',
    'IfStatement',
    'BlockStatement',
    'BinaryExpression',
    'LogicalExpression',
    'UnaryExpression',
    'ConditionalExpression',
    'CallExpression',
    'ReturnStatement',
    'Literal',
  ]
  ancestor(program, Object.fromEntries(kinds.map((kind) => [kind, visit])))
  return found
}

function functionName(above: readonly AnyNode[]): string {
  for (const node of [...above].reverse()) {
    if (node.type === 'FunctionDeclaration') return node.id?.name ?? 'default'
    if (node.type !== 'MethodDefinition') continue
    const { key } = node
    return key.type === 'PrivateIdentifier' ? `#${key.name}` : key.type === 'Identifier' ? key.name : ''
  }
  return ''
}

/** Last part of what is called: `store` of `cpu.store(...)`, `flush` of `flush(...)`. */
export function calledName(call: CallExpression): string {
  const { callee } = call
  if (callee.type === 'Identifier') return callee.name
  if (callee.type !== 'MemberExpression') return ''
  return callee.property.type === 'Identifier' || callee.property.type === 'PrivateIdentifier'
    ? callee.property.name
    : ''
}

/** Whether the call is `cpu.<name>`, an access through the port. */
export function isPortCall(call: CallExpression): boolean {
  const { callee } = call
  return (
    callee.type === 'MemberExpression' && callee.object.type === 'Identifier' && callee.object.name === 'cpu'
  )
}

/** Calls anywhere below a node. */
export function callsIn(node: AnyNode): CallExpression[] {
  const calls: CallExpression[] = []
  ancestor(node, { CallExpression: (call) => void calls.push(call) })
  return calls
}

/** A constant of the file or of the contract: `KERNEL_SPACE`. */
export function isConstantName(node: AnyNode): boolean {
  return node.type === 'Identifier' && /^[A-Z][A-Z0-9_]+$/.test(node.name)
}

export function textOf(text: string, node: AnyNode | Expression): string {
  return text.slice(node.start, node.end)
}
