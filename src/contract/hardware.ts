/** Hardware that not every machine has. A strategy that cannot do without it says so in `StrategyModule.needs`. */
export const HARDWARE = ['broadcast'] as const
/** `broadcast`: one CPU drops translations on all of them, without any software there (AMD INVLPGB, Arm TLBI). */
export type Hardware = (typeof HARDWARE)[number]

/** The address-space tag of global entries, which are those of the kernel's space; spaces have tags above it. */
export const GLOBAL_TAG = 0

/** Page count of a broadcast: everything under the tag. With GLOBAL_TAG: everything under any tag. */
export const WHOLE_TAG: number = -1
