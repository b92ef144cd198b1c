/** The device behind the IOMMU, as the kernel side of a CPU sees it. */
export interface Device {
  /** The space of its mappings. */
  readonly space: number
  /** Whether the kernel side flushes it before an unmap returns, because the strategy does not handle its mappings. */
  readonly isStrict: boolean
  /** A trusted device does not use what was taken from it: its frames owe nothing. */
  readonly isTrusted: boolean
  /** Translates one page and fills its cache. */
  translate(page: number): Translation
}

export const TRANSLATED = 0
/** And it was not cached. */
export const TRANSLATED_BY_WALK = 1
/** There is no mapping: the access is lost. */
export const NOT_TRANSLATED = 2
/** Another translation, or a command, is under way: try again. */
export const TRANSLATION_BUSY = 3
export type Translation =
  | typeof TRANSLATED
  | typeof TRANSLATED_BY_WALK
  | typeof NOT_TRANSLATED
  | typeof TRANSLATION_BUSY

/** Of a machine whose CPUs never drive one. */
export const NO_DEVICE: Device = {
  space: -1,
  isStrict: true,
  isTrusted: false,
  translate: () => NOT_TRANSLATED,
}
