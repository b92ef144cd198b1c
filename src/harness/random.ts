import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Independent streams of one seed: 0 for tapes, 1 for the machine. */
export function randomOf(seed: number, stream: number): (bound: number) => number {
  const generator = xoroshiro128plus(seed)
  for (let i = 0; i < stream; i++) generator.jump()
  return (bound) => uniformInt(generator, 0, bound - 1)
}
