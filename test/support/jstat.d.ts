/** jstat has no types: what the tests use of it. */
declare module 'jstat' {
  interface JStat {
    beta: { inv(p: number, alpha: number, beta: number): number }
    binomial: { pdf(successes: number, trials: number, p: number): number }
    normal: {
      cdf(z: number, mean: number, sd: number): number
      inv(p: number, mean: number, sd: number): number
    }
    studentt: { cdf(t: number, freedom: number): number }
  }
  const module: { jStat: JStat }
  export default module
}
