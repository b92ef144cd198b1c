import type { AnyNode, CallExpression, Expression, SpreadElement } from 'acorn'
import type { Mutation } from './mutant.js'
import { calledName, isConstantName, isPortCall, textOf, type Visit } from './syntax.js'

/** Hooks and their parts whose result is a ticket. */
const TICKET_FUNCTIONS = new Set([
  'changed',
  'demanded',
  'finished',
  'flush',
  'flushed',
  'interrupted',
  'resumed',
  'start',
  'startRound',
  'switched',
  'tell',
])

const TICKETS: Readonly<Record<string, readonly string[]>> = {
  DONE: ['1 /* SETTLED */', '2 /* AGAIN */'],
  SETTLED: ['0 /* DONE */', '2 /* AGAIN */'],
}

/** Tickets that a hook returns, and what a call is given. */
export function callMutations(text: string, { node, above, where }: Visit): Mutation[] {
  if (node.type === 'ReturnStatement' && node.argument && isTicketFunction(above, where))
    return tickets(text, node.argument)
  if (node.type !== 'CallExpression') return []
  return [...atomicity(text, node), ...ranges(text, node), ...orders(text, node)]
}

/** `flush` is a hook's part as a method, and a plain function where it does the flushing. */
function isTicketFunction(above: readonly AnyNode[], where: string): boolean {
  return TICKET_FUNCTIONS.has(where) && above.some(({ type }) => type === 'MethodDefinition')
}

function tickets(text: string, node: Expression): Mutation[] {
  if (node.type === 'ConditionalExpression')
    return [...tickets(text, node.consequent), ...tickets(text, node.alternate)]
  const { start, end } = node
  const named = node.type === 'Identifier' ? TICKETS[node.name] : undefined
  if (named !== undefined) return named.map((other) => ({ kind: 'ticket', start, end, text: other }))
  // Does it, and does not wait for it.
  return [{ kind: 'ticket', start, end, text: `(${textOf(text, node)}, 0 /* DONE */)` }]
}

const PLAIN: Readonly<Record<string, string>> = {
  exchange: 'value',
  or: 'before | value',
  and: 'before & value',
  add: '(before + value) | 0',
}

/** A read-modify-write as two accesses, as either of them alone, and with the opposite delta. */
function atomicity(text: string, call: CallExpression): Mutation[] {
  const name = calledName(call)
  if (!isPortCall(call) || !(name in PLAIN)) return []
  const { start, end } = call
  const [word, value] = call.arguments.map((argument) => textOf(text, argument))
  const split = `((word, value) => { const before = cpu.load(word); cpu.store(word, ${PLAIN[name]}); return before; })(${word}, ${value})`
  const found: Mutation[] = [{ kind: 'atomicity', start, end, text: split }]
  const alone = name === 'exchange' ? [`cpu.load(${word})`] : [`cpu.store(${word}, ${value})`]
  for (const each of alone) found.push({ kind: 'atomicity', start, end, text: each })
  if (name === 'add') found.push({ kind: 'atomicity', start, end, text: `cpu.add(${word}, -(${value}))` })
  return found
}

/** Arguments of calls that say what is flushed, settled or waited for; not the words of stores, whose callers these are. */
const QUANTITY = /first|page|count|end\b|serial|issued|stride/i
const MEASURED = new Set([
  'addRange',
  'append',
  'arm',
  'flush',
  'flushHere',
  'invalidate',
  'publish',
  'settle',
  'settleUpTo',
  'start',
  'startRound',
  'tell',
])

/** One page more or less, one serial more or less, another space. */
function ranges(text: string, call: CallExpression): Mutation[] {
  if (!MEASURED.has(calledName(call))) return []
  return call.arguments.flatMap((argument) => rangesOf(text, argument))
}

function rangesOf(text: string, argument: Expression | SpreadElement): Mutation[] {
  const { start, end } = argument
  const written = textOf(text, argument)
  if (isConstantName(argument)) {
    if (written === 'KERNEL_SPACE' || written === 'WHOLE_SPACE')
      return [{ kind: 'range', start, end, text: '1' }]
    return []
  }
  if (!QUANTITY.test(written) || argument.type === 'Literal') return []
  return ['+ 1', '- 1'].map((by) => ({ kind: 'range', start, end, text: `(${written}) ${by}` }))
}

/** Which of two serials is the later one, which of two ends the outer one. */
function orders(text: string, call: CallExpression): Mutation[] {
  const name = calledName(call)
  const { start, end } = call
  const written = call.arguments.map((argument) => textOf(text, argument))
  if (name === 'reachedSerial')
    return [{ kind: 'serial order', start, end, text: `reachedSerial(${written[1]}, ${written[0]})` }]
  if (name !== 'min' && name !== 'max') return []
  const other = name === 'min' ? 'max' : 'min'
  return [{ kind: 'range', start, end, text: `Math.${other}(${written.join(', ')})` }]
}
