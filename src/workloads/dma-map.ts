import type { WorkloadModule } from '../contract/workload.js'
import { READER_PARAMETERS, writeReaders } from './shared/readers.js'

/**
 * A driver's ring of buffers: each is mapped for the device, the device uses it, and its completion unmaps it
 * `depth` buffers later, while newer ones are under way. The op is what the driver pays for one buffer: its map, and the
 * completion of the oldest.
 */
export default {
  summary: 'maps buffers for a device that uses them, and unmaps each when it is complete',
  source: 'Linux drivers/iommu/dma-iommu.c and the receive ring of a network driver; sizes are a proposal',
  op: 'one buffer: map it, let the device use it, unmap the oldest of the ring',
  needs: ['iommu'],
  parameters: {
    pages: {
      default: 1,
      min: 1,
      max: 512,
      unit: 'pages',
      summary: 'pages of a buffer',
      source: 'proposal: a packet of 1500 bytes takes one page, 16 pages are a large receive',
    },
    depth: {
      default: 8,
      min: 1,
      max: 256,
      unit: 'buffers',
      summary: 'buffers that are mapped at a time',
      source: 'proposal: a short ring; drivers have 256 and more, most of them waiting',
    },
    uses: {
      default: 2,
      min: 1,
      max: 1000,
      unit: 'times',
      summary: 'how often the device goes over a buffer',
      source: 'proposal: descriptor and data, so that the second finds the translation cached',
    },
    pauseNs: {
      default: 5000,
      min: 0,
      max: 1_000_000_000,
      unit: 'ns',
      summary: 'wait after each buffer, outside the op',
      source: 'proposal: 200,000 packets a second',
    },
    ops: {
      default: 512,
      min: 1,
      max: 1_000_000,
      unit: 'ops',
      summary: 'buffers of each initiator in one pass; rounded up to whole turns of the ring',
      source: 'proposal: twice a queue of 256 entries',
      quick: 256,
    },
    ...READER_PARAMETERS,
  },
  write: (plan) => {
    const { pages, depth, uses, pauseNs, ops } = plan.parameters
    for (let cpu = 0; cpu < plan.initiatorCount; cpu++) {
      const tape = plan.tape(cpu)
      const ring = Array.from({ length: depth }, () => plan.handle())
      for (const buffer of ring) tape.map(buffer, pages, { writable: true, device: true })
      tape.body()
      tape.loop(Math.ceil(ops / depth), () => {
        for (const buffer of ring) {
          tape.op(() => {
            tape.unmap(buffer)
            tape.map(buffer, pages, { writable: true, device: true })
            for (let use = 0; use < uses; use++) tape.deviceAccess(buffer, 0, pages)
          })
          if (pauseNs > 0) tape.pause(pauseNs)
        }
      })
    }
    writeReaders(plan, () => {})
  },
} satisfies WorkloadModule
