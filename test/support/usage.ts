import { expect } from 'vitest'

/** The message of the UsageError that `run` throws: at most four lines. Fails where none is thrown. */
export async function usageErrorOf(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    expect(error).toHaveProperty('name', 'UsageError')
    const { message } = error as Error
    expect(message.split('\n').length).toBeLessThanOrEqual(4)
    return message
  }
  return expect.fail('no error was thrown')
}
