/** What job arrays and CI systems say about which job of how many this is. */
import { UsageError } from '../contract/usageError.js'
import type { Shard } from './shard.js'

interface System {
  readonly name: string
  /** Set in a parallel job only: this tells whether the system is there. */
  readonly indexName: string
  readonly countName: string
  /** Number of the first job. */
  readonly first: 0 | 1
}

/**
 * Index and count, one pair for each system. GitHub has none: there a job passes `strategy.job-index` and
 * `strategy.job-total`, or a value of its matrix.
 */
const SYSTEMS: readonly System[] = [
  // https://docs.gitlab.com/ci/variables/predefined_variables/ (a job that is not parallel has the total 1 and no index)
  { name: 'GitLab', indexName: 'CI_NODE_INDEX', countName: 'CI_NODE_TOTAL', first: 1 },
  // https://circleci.com/docs/reference/variables/
  { name: 'CircleCI', indexName: 'CIRCLE_NODE_INDEX', countName: 'CIRCLE_NODE_TOTAL', first: 0 },
  // https://buildkite.com/docs/pipelines/configure/environment-variables
  {
    name: 'Buildkite',
    indexName: 'BUILDKITE_PARALLEL_JOB',
    countName: 'BUILDKITE_PARALLEL_JOB_COUNT',
    first: 0,
  },
  // https://learn.microsoft.com/azure/devops/pipelines/test/parallel-testing-any-test-runner
  {
    name: 'Azure Pipelines',
    indexName: 'SYSTEM_JOBPOSITIONINPHASE',
    countName: 'SYSTEM_TOTALJOBSINPHASE',
    first: 1,
  },
]

/** https://slurm.schedmd.com/sbatch.html, "Output environment variables". */
const SLURM = {
  id: 'SLURM_ARRAY_TASK_ID',
  min: 'SLURM_ARRAY_TASK_MIN',
  max: 'SLURM_ARRAY_TASK_MAX',
  count: 'SLURM_ARRAY_TASK_COUNT',
}

type Environment = Readonly<Record<string, string | undefined>>

const REMEDY = 'give it as --shard INDEX/COUNT'

/** @returns index and count as the system says; whether they fit each other is for the caller to check */
export function shardOfEnvironment(thing: string, environment: Environment): Shard {
  const here = SYSTEMS.filter(({ indexName }) => isSet(environment, indexName))
  const names = here.map(({ name, indexName }) => `${name} (${indexName})`)
  if (isSet(environment, SLURM.id)) names.push(`Slurm (${SLURM.id})`)
  if (names.length === 0) {
    const looked = [SLURM.id, ...SYSTEMS.map(({ indexName }) => indexName)].join(', ')
    throw new UsageError(thing, `none of these is set: ${looked}`, [], REMEDY)
  }
  if (names.length > 1) {
    throw new UsageError(thing, `several systems give an index: ${names.join(' and ')}`, [], REMEDY)
  }
  const [system] = here
  if (system === undefined) return ofSlurm(thing, environment)
  return {
    index: read(thing, environment, system.indexName) + 1 - system.first,
    count: read(thing, environment, system.countName),
  }
}

/** `--array=4-16:4` has the ids 4, 8, 12 and 16: the index is the position of the id among them. */
function ofSlurm(thing: string, environment: Environment): Shard {
  const [id, min, max, count] = [SLURM.id, SLURM.min, SLURM.max, SLURM.count].map((name) =>
    read(thing, environment, name),
  )
  const step = count > 1 ? (max - min) / (count - 1) : 1
  const index = (id - min) / step + 1
  if (step >= 1 && Number.isInteger(step) && Number.isInteger(index)) return { index, count }
  const reason = `the ${count} ids of this array, from ${min} to ${max}, are not evenly spaced`
  throw new UsageError(thing, reason, [], `${REMEDY}, or submit --array=1-${count}`)
}

function isSet(environment: Environment, name: string): boolean {
  return (environment[name] ?? '') !== ''
}

function read(thing: string, environment: Environment, name: string): number {
  const text = environment[name] ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(thing, `${name} is ${text === '' ? 'not set' : `'${text}'`}`, [], REMEDY)
}
