import { randomOf } from '../harness/random.js'
import { drawScript } from './drawScript.js'
import type { Script } from './script.js'
import { parseScript } from './scriptText.js'

export interface ScriptSize {
  readonly maxCpus: number
  readonly length: number
}

const SCRIPT_SIZE: ScriptSize = { maxCpus: 8, length: 24 }

/** The script of a seed. The size is part of what a seed means. */
export function seededScript(seed: number, size: ScriptSize = SCRIPT_SIZE): Script {
  const random = randomOf(seed, 0)
  return drawScript(random, { cpus: 1 + random(size.maxCpus), length: size.length })
}

/** @param text a seed, or what `formatScript` wrote */
export function scriptOf(text: string): Script {
  return /^\d{1,10}$/.test(text) ? seededScript(Number(text)) : parseScript(text)
}
