/** What only machines charge for whose TLBs know more (src/contract/hardware.ts); indices behind all others, with room between. */
export const EXPIRING_COST_NAMES = ['stamp', 'read'] as const
export const COHERENT_COST_NAMES = ['message'] as const
export const DIRECTORY_COST_NAMES = ['lookUp', 'message'] as const

/** A walk raises the expiry beside the entry. */
export const COST_EXPIRY_STAMP = 64
/** Software reads it after it has written the entry. */
export const COST_EXPIRY_READ = 65
/** To each other CPU that holds the entry, on the CPU that writes it. */
export const COST_COHERENCE_MESSAGE = 66
/** Of one page, and to each other CPU that holds it, on the CPU that asks. */
export const COST_DIRECTORY_LOOK_UP = 67
export const COST_DIRECTORY_MESSAGE = 68

/** Picoseconds by index; of what the machine has not, none. */
export function knowingTlbCosts(extras: KnowingTlbs): [index: number, costPs: number][] {
  const { expiring, coherent, directory } = extras
  const costs: [number, number][] = []
  if (expiring !== undefined) {
    costs.push([COST_EXPIRY_STAMP, expiring.costsPs.stamp.value])
    costs.push([COST_EXPIRY_READ, expiring.costsPs.read.value])
  }
  if (coherent !== undefined) costs.push([COST_COHERENCE_MESSAGE, coherent.costsPs.message.value])
  if (directory !== undefined) {
    costs.push([COST_DIRECTORY_LOOK_UP, directory.costsPs.lookUp.value])
    costs.push([COST_DIRECTORY_MESSAGE, directory.costsPs.message.value])
  }
  return costs
}

type Costs<Name extends string> = { readonly costsPs: Readonly<Record<Name, { readonly value: number }>> }

interface KnowingTlbs {
  readonly expiring?: Costs<(typeof EXPIRING_COST_NAMES)[number]> | undefined
  readonly coherent?: Costs<(typeof COHERENT_COST_NAMES)[number]> | undefined
  readonly directory?: Costs<(typeof DIRECTORY_COST_NAMES)[number]> | undefined
}
