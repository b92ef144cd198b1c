import { describe, expect, test } from 'vitest'
import { KIND_DIRECT_MAP, KIND_GUEST, KIND_USER } from '../dist/src/contract/change.js'
import { EXPOSE, REVOKE } from '../dist/src/contract/obligation.js'
import { OPERATION_ADVISE_AWAY } from '../dist/src/contract/operation.js'
import { WRITABLE } from '../dist/src/contract/page.js'
import { BareMachine, type BareOptions } from './support/bareKernel.js'

const GUEST = WRITABLE | (KIND_GUEST << 8)

/** One CPU, two parts: the second one has the direct map. A user page and a page of a guest are there to be changed. */
function machineWith(options: BareOptions) {
  const machine = new BareMachine({}, options)
  const [cpu] = machine.cpus
  cpu.map(0, 2, WRITABLE)
  cpu.fault(0, 0)
  cpu.fault(0, 1)
  cpu.map(1, 1, GUEST)
  return { machine, cpu }
}

/** In a batch: a user page goes, and a fault of a guest takes a page out of the direct map. */
function batchOfBoth(options: BareOptions) {
  const { machine, cpu } = machineWith(options)
  cpu.kernel.beginBatch()
  cpu.run()
  cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 1)
  machine.calls.length = 0
  cpu.fault(1, 0)
  cpu.kernel.endBatch()
  cpu.run()
  return machine.calls.flatMap(({ hook, demand }) => (hook === 'demanded' ? [demand!] : []))
}

describe('two parts', () => {
  test('each number their own changes, from the same serial on', () => {
    const { machine, cpu } = machineWith({ directContract: 'return', serialStart: 40 })
    machine.calls.length = 0
    cpu.change(OPERATION_ADVISE_AWAY, 0, 0, 2)
    cpu.fault(1, 0)
    const serials = machine.calls.flatMap(({ hook, change }) =>
      hook === 'changed' ? [[change!.kind, change!.serial]] : [],
    )
    expect(serials).toEqual([
      [KIND_USER, 41],
      [KIND_USER, 42],
      [KIND_DIRECT_MAP, 41],
    ])
  })

  test('are asked one after the other, each for its own changes', () => {
    const demands = batchOfBoth({ contract: 'return', directContract: 'return' })
    // CPU 0 of two parts: owner 0 has its user pages, owner 1 its pages of the direct map.
    const exposing = demands.filter(({ obligation }) => obligation === EXPOSE)
    expect(exposing.map(({ owners }) => owners)).toEqual([[1], [0]])
  })

  test('are asked by their own contracts', () => {
    const asked = (contract: 'return' | 'none', directContract: 'return' | 'none') =>
      batchOfBoth({ contract, directContract }).map(({ obligation, owners }) => [obligation, owners[0]])
    expect(asked('none', 'return').filter(([, owner]) => owner === 0)).toEqual([])
    expect(asked('none', 'return')).toContainEqual([EXPOSE, 1])
    expect(asked('return', 'none').filter(([, owner]) => owner === 1)).toEqual([])
    expect(asked('return', 'none').every(([obligation]) => (obligation & (EXPOSE | REVOKE)) === 0)).toBe(true)
  })
})
