import type { StrategyModule } from '../contract/strategy.js'
import type { Region, Script } from './script.js'

/** Pages of a mapping of the device at most, so that its cache of a few dozen entries holds several. */
const MOST_PAGES = 8

/**
 * The script for a strategy that needs a device, as others have it: every second mapping becomes the device's, and one more
 * is, so that there is one in any case. What CPUs did there the device does.
 */
export function scriptFor({ needs = [] }: StrategyModule, script: Script): Script {
  if (!needs.includes('iommu')) return script
  const more: Region = { pages: 2, sharing: 'c', kind: 'd', space: 0, owner: 0 }
  const regions = script.regions.map((region, index): Region => {
    if (index % 2 === 0) return region
    const sharing = region.sharing === 'o' ? 'o' : 'c'
    return { ...region, pages: Math.min(region.pages, MOST_PAGES), sharing, kind: 'd' }
  })
  return { ...script, regions: [...regions, more] }
}
