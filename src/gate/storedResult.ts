import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../contract/usageError.js'
import type { Environment } from '../harness/environment.js'
import { readCsv } from '../records/csvReader.js'
import { runFolderAt } from '../records/runFolder.js'
import { readRecordedRun } from '../records/runRecord.js'
import { SAMPLE_COLUMNS } from '../records/sampleColumns.js'
import { machineClass } from './machineClass.js'
import { GateRefusal } from './refusal.js'

const REMEDY = 'name a commit: the gate builds it and measures both side by side'

/**
 * A stored result of the wall clock is no base, whoever measured it. In the study behind this gate, one that was minutes
 * old and of the same machine alarmed in 33 to 49 of 100 comparisons of identical builds.
 * @throws GateRefusal where `--against` names a run folder, with the plainest reason that there is
 */
export function refuseStoredResult(against: string, here: Environment): void {
  if (!existsSync(join(against, 'run.json'))) return
  throw new GateRefusal(`--against ${against} is a stored result`, reasonAgainst(against, here), REMEDY)
}

function reasonAgainst(against: string, here: Environment): string {
  const folder = runFolderAt(against)
  try {
    readCsv(folder.samplesCsv, SAMPLE_COLUMNS, { tolerateTornTail: true })
    // Written by the same program, of this schema.
    const there = readRecordedRun(folder).environment as unknown as Environment
    if (machineClass(there) !== machineClass(here))
      return `of another machine class: ${machineClass(there)} there, ${machineClass(here)} here`
    if (there.node !== here.node) return `of another Node version: ${there.node} there, ${here.node} here`
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return error.message.split('\n').slice(0, 2).join(': ')
  }
  return 'the machine was another one then, as every machine is after some minutes'
}
