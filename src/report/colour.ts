import { styleText } from 'node:util'

/** What is looked at of a stream. */
export interface Output {
  readonly isTTY?: boolean
}

/** Only for people, and only for those who did not ask for none by a NO_COLOR that is not empty: https://no-color.org. */
export function colourWanted(
  output: Output,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return output.isTTY === true && (environment['NO_COLOR'] ?? '') === ''
}

export function alarm(text: string, colour: boolean): string {
  // validateStream: Node would look at stdout and FORCE_COLOR again, and could decide otherwise than colourWanted.
  return colour ? styleText('red', text, { validateStream: false }) : text
}
