import { spawn } from 'node:child_process'

export interface ToolResult {
  /** Null: ended by a signal, or never started. */
  code: number | null
  stdout: string
  /** The end of what it said on stderr, or why it could not start. */
  stderr: string
}

/**
 * Of a git hook, that would make git work on the caller's repository and index instead of the folder it is told; of a step
 * of GitHub Actions, into whose page and outputs the gates of a self-test must not write.
 */
const CONTEXT = /^(GIT_(DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|PREFIX|NAMESPACE)|GITHUB_.*)$/

function withoutContext(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !CONTEXT.test(name)))
}

/** Enough for a compiler's first complaint. */
const STDERR_KEPT = 8192

/**
 * Runs git, npm or the like to its end. In a process group of its own: npm starts others, and after Ctrl-C none of
 * them may be left, nor may the terminal's signal end git in the middle of a worktree.
 * @throws the signal's reason when aborted, after the whole group is gone
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { cwd, signal }: { cwd: string; signal: AbortSignal },
): Promise<ToolResult> {
  signal.throwIfAborted()
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: withoutContext(process.env),
  })
  const killGroup = (): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
  signal.addEventListener('abort', killGroup)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_KEPT)))
  const code = await new Promise<number | null>((end) => {
    child.on('error', (error) => {
      stderr = error.message
      if (child.pid === undefined) end(null)
    })
    child.on('close', end)
  })
  signal.removeEventListener('abort', killGroup)
  signal.throwIfAborted()
  return { code, stdout, stderr: stderr.trim() }
}
