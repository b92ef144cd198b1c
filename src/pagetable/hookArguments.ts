import { SCOPE_SPACE, type Change } from '../contract/change.js'
import { NEVER_EXPIRES } from '../contract/hardware.js'
import type { Operation } from '../contract/operation.js'
import type { Demand } from '../contract/strategy.js'

/** The objects that hooks are called with, one of each per CPU: filled before a call, worth nothing after it. */

export function emptyChange(): Change {
  return {
    serial: 0,
    operation: 0,
    space: 0,
    scope: SCOPE_SPACE,
    firstPage: 0,
    pageCount: 0,
    entry: 0,
    levels: 0,
    kind: 0,
    oldFlags: 0,
    newFlags: 0,
    tablesFreed: false,
    obligations: 0,
    expiry: NEVER_EXPIRES,
    tag: 0,
  }
}

export function emptyOperation(): Operation {
  return {
    id: 0,
    depth: 0,
    level: 0,
    kind: 0,
    space: 0,
    firstPage: 0,
    pageCount: 0,
    wholeSpace: false,
    crowded: false,
  }
}

/**
 * @param at first of the words that hold the items of a demand, in four arrays
 * @param items that one demand can name
 */
export function demandOver(privates: Int32Array, at: number, items: number): Demand {
  const array = (index: number) => privates.subarray(at + index * items, at + (index + 1) * items)
  return {
    obligation: 0,
    count: 0,
    owners: array(0),
    serials: array(1),
    tags: array(2),
    spaces: array(3),
    newOwner: -1,
    mayFail: false,
    maySleep: false,
  }
}
