import type { ParameterSpec } from '../../contract/parameter.js'

/** Constants of Linux that several strategies share, as parameters. */

export const CEILING: ParameterSpec = {
  default: 33,
  min: 0,
  max: 1 << 20,
  unit: 'pages',
  summary: 'a range above this is flushed as the whole space',
  source: 'Linux tlb_single_page_flush_ceiling: 33 pages of about 100 ns each cap a flush at 3 us',
}

export const GATHER_LIMIT: ParameterSpec = {
  default: 9690,
  min: 1,
  max: 1 << 20,
  unit: 'pages',
  summary: 'changes after which a round is run in the middle of an operation',
  source: 'Linux MAX_GATHER_BATCH_COUNT: 19 batches of 510 pages',
}

export const TAGS: ParameterSpec = {
  default: 6,
  min: 1,
  max: 4095,
  unit: 'tags',
  summary: 'address spaces whose translations a CPU keeps over a switch',
  source:
    'Linux arch/x86/mm/tlb.c, TLB_NR_DYN_ASIDS; process-context identifiers have 12 bits, and 0 is that of global entries here',
}

export const CONCURRENT: ParameterSpec = {
  default: 1,
  min: 0,
  max: 1,
  unit: '0 or 1',
  summary: 'the initiator flushes while its interrupts travel (1), or before it sends them (0)',
  source: 'Amit, Tai, Wei, EuroSys 2020; Linux flush_tlb_multi, since 5.13 (from memory)',
}

export const EARLY_ACK: ParameterSpec = {
  default: 0,
  min: 0,
  max: 1,
  unit: '0 or 1',
  summary: 'a handler acknowledges before it flushes, where no walk and no kernel mapping counts',
  source: 'Amit, Tai, Wei, EuroSys 2020; not in Linux',
}

export const IN_CONTEXT: ParameterSpec = {
  default: 0,
  min: 0,
  max: 1,
  unit: '0 or 1',
  summary: 'a handler acknowledges and notes; the CPU flushes when it returns to user code',
  source: 'Amit, Tai, Wei, EuroSys 2020, in-context flushes; not in Linux',
}

export const TRIM: ParameterSpec = {
  default: 0,
  min: 0,
  max: 1,
  unit: '0 or 1',
  summary: 'a CPU that leaves a space stays in its mask until it is interrupted for nothing',
  source: 'Linux, Rik van Riel, November 2024',
}
