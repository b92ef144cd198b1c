import type { Environment } from '../../harness/environment.js'
import { SCHEMA_VERSION } from '../../records/columns.js'
import type { Verdict } from '../verdict.js'
import { exitCodeOf } from './exitCode.js'

/** verdict.json: all of the verdict, and where it was found. What is no number is null. */
export function verdictJson(verdict: Verdict, environment: Environment): string {
  const whole = {
    schema_version: SCHEMA_VERSION,
    exit_code: exitCodeOf(verdict),
    ...verdict,
    environment,
  }
  return `${JSON.stringify(whole, null, 2)}\n`
}
