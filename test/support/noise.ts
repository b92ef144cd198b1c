/** Symmetric about 0, each from uniform numbers between 0 and 1. */
export const NOISES: Record<string, (uniform: () => number) => number> = {
  normal,
  uniform: (uniform) => uniform() * 2 - 1,
  // Exponential on both sides: what medians of few rounds look like on a shared machine.
  Laplace: (uniform) => Math.log(uniform()) * (uniform() < 0.5 ? -1 : 1),
  // One process in ten lands in another mode of the machine.
  contaminated: (uniform) => normal(uniform) * (uniform() < 0.1 ? 10 : 1),
  // Without a mean.
  Cauchy: (uniform) => Math.tan(Math.PI * (uniform() - 0.5)),
}

/** Box and Muller. */
function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
