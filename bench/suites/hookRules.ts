import type { AnyNode, CallExpression } from 'acorn'
import { lastName, type Rule } from './rewrite.js'

/**
 * Rules that take hooks out of a compiled engine. A hook that they do not know is an error: it would
 * stay where it is, and the suite would compare an engine with itself.
 */

/** Names under which the oracle is reached. */
const WATCHES = new Set(['watch', 'witness'])
/** What an oracle that is not there would have answered. */
const SILENCE = new Map([
  ['stamp', '0'],
  ['stampTable', '0'],
  ['reading', '0'],
  ['clock', '0'],
  ['event', 'undefined'],
  ['opened', 'undefined'],
  ['claimed', 'undefined'],
  ['answered', 'undefined'],
  ['exposed', 'undefined'],
  ['changing', 'undefined'],
  ['poll', 'undefined'],
  ['pollWalks', 'undefined'],
  ['settledUpTo', 'undefined'],
  ['judgeDeadlines', 'undefined'],
  ['journalHead', '0'],
  ['hasPending', 'false'],
])
/** Counters of the table, what is read once in a pass, and what is put in once. */
const KEPT = new Set(['count', 'device', 'exposuresNs', 'lostEvents', 'openExposures'])

/** No calls of the oracle, no events made for it, no dates written into entries and frames for it. */
export const withoutOracle: Rule = (node, text) => {
  if (node.type === 'CallExpression') {
    const name = lastName(node.callee)
    const silence = hookAnswer(node.callee)
    if (silence !== undefined) return silence
    if (name === 'fillEvent') return `(${text.slice(node.arguments[0].start, node.arguments[0].end)})`
    if (name === 'setLast') return 'undefined'
    if (name === 'lastStamp') return '0'
    if (!isAboutStamp(node)) return undefined
    if (name === 'poke') return 'undefined'
    return name === 'peek' ? '0' : undefined
  }
  if (node.type === 'MemberExpression') return hookAnswer(node)
  return node.type === 'ExpressionStatement' && isPartOfEvent(node.expression) ? ';' : undefined
}

function hookAnswer(node: AnyNode): string | undefined {
  if (node.type !== 'MemberExpression' || !WATCHES.has(lastName(node.object))) return undefined
  const name = lastName(node.property)
  const silence = SILENCE.get(name)
  if (silence === undefined && !KEPT.has(name))
    throw new Error(`a hook of the oracle that is not known: ${name}`)
  return silence
}

/** `memory.poke(word + STAMP_OFFSET, stamp)` */
function isAboutStamp({ arguments: [first] }: CallExpression): boolean {
  return first?.type === 'BinaryExpression' && lastName(first.right) === 'STAMP_OFFSET'
}

/** `passed.frame = ...`, `fillEvent(...).frame = ...` */
function isPartOfEvent(node: AnyNode): boolean {
  if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return false
  const { object } = node.left
  return object.type === 'CallExpression'
    ? lastName(object.callee) === 'fillEvent'
    : object.type === 'Identifier' && (object.name === 'passed' || object.name === 'opened')
}

/** The mailbox as a bare loop would look at it: the worker keeps its word where it kept the inbox. */
const BARE_MAILBOX = new Map([
  ['hasArrived', '(Atomics.load(this.#words, this.#inbox) !== 0)'],
  ['take', 'Atomics.store(this.#words, this.#inbox, 0)'],
  ['mayTick', 'true'],
  ['ticksAtRest', 'true'],
  ['begin', 'undefined'],
  ['end', 'undefined'],
])

/** No inbox: nothing stands between a worker and its mailbox. */
export const withoutInbox: Rule = (node, text) => {
  if (node.type === 'NewExpression' && lastName(node.callee) === 'Mailbox') {
    const word = node.arguments[1]
    return text.slice(word.start, word.end)
  }
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined
  if (lastName(node.callee.object) !== 'inbox') return undefined
  const name = lastName(node.callee.property)
  const bare = BARE_MAILBOX.get(name)
  if (bare === undefined) throw new Error(`a hook of the inbox that is not known: ${name}`)
  return bare
}
