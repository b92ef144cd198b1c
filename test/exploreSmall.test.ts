import { expect, test } from 'vitest'
import { EXPLORATIONS } from '../dist/bench/explorations.js'
import { planExplorations } from '../dist/src/harness/explore/explorePlan.js'
import { exploreCommand } from '../dist/src/harness/explore/exploreCommand.js'
import { replayCommand, smallCase } from '../dist/src/testing/exploreCheck.js'
import { SMALL_CASES } from '../dist/src/testing/smallCases.js'
import { loadSubjects } from '../dist/src/testing/subject.js'

/** What the printed command would run. */
async function plannedBy(line: string) {
  const argv = line.replace('npm run explore -- ', '').replaceAll("'", '').split(' ')
  const command = exploreCommand(EXPLORATIONS).action(() => {})
  await command.parseAsync(argv, { from: 'user' })
  const [job] = await planExplorations(command.opts(), EXPLORATIONS)
  return job
}

test.each(Object.keys(SMALL_CASES))(
  'the command for %s runs that case and those parameters',
  async (name) => {
    const [subject] = await loadSubjects('lazy:tickUs=50')
    const parameters = { ...subject.parameters, ring: 1 }
    const plan = smallCase(name)
    const job = await plannedBy(replayCommand(subject, plan, parameters, '0'))
    expect(job.case).toMatchObject({ ...plan, name: plan.freesTables ? 'tables' : 'steps' })
    expect(job.parameters).toEqual(parameters)
    expect(job.schedule).toBe('0')
  },
)
