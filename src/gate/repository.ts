import { UsageError } from '../contract/usageError.js'
import { GateRefusal } from './refusal.js'
import { runTool } from './tool.js'

/** The git repository whose working tree is judged. */
export interface Repository {
  /** Absolute path of its top folder. */
  readonly top: string
  readonly commit: string
  readonly isDirty: boolean
}

async function git(top: string, args: readonly string[], signal: AbortSignal): Promise<string | null> {
  const { code, stdout } = await runTool('git', ['-C', top, ...args], { cwd: top, signal })
  return code === 0 ? stdout : null
}

/** @throws UsageError where there is no repository with a commit */
export async function openRepository(folder: string, signal: AbortSignal): Promise<Repository> {
  const found = await runTool('git', ['rev-parse', '--show-toplevel'], { cwd: folder, signal })
  const top = found.code === 0 ? found.stdout.trim() : ''
  const commit = top && (await git(top, ['rev-parse', '--verify', 'HEAD'], signal))?.trim()
  if (!top || !commit) {
    const said = found.code === 0 ? 'it has no commit' : lastLine(found.stderr)
    const reason = `this is no git repository with a commit, so there is nothing to rebuild (${said})`
    throw new UsageError(folder, reason, [], 'run the gate in a clone of the project')
  }
  const status = await git(top, ['status', '--porcelain'], signal)
  return { top, commit, isDirty: status !== '' }
}

/** @throws GateRefusal where the repository does not have it, as after a shallow clone */
export async function resolveCommit(
  repository: Repository,
  ref: string,
  signal: AbortSignal,
): Promise<string> {
  // After --end-of-options a ref that begins with a dash is a ref.
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  const commit = (await git(repository.top, args, signal))?.trim()
  if (commit) return commit
  throw new GateRefusal(
    `--against ${ref}: the base is missing`,
    'this repository has no such commit',
    'fetch it (in CI: the whole history, fetch-depth: 0), or give another',
  )
}

/** What a commit of the working tree would hold: tracked files and new ones, without what git ignores. */
export async function filesOf(repository: Repository, signal: AbortSignal): Promise<string[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = await git(repository.top, args, signal)
  return [...new Set((listed ?? '').split('\0').filter((path) => path !== ''))]
}

/** @param folder must not exist */
export async function addWorktree(
  repository: Repository,
  folder: string,
  commit: string,
  signal: AbortSignal,
): Promise<void> {
  const args = ['-C', repository.top, 'worktree', 'add', '--detach', '--force', folder, commit]
  // To its end, whatever happens meanwhile: git locks a worktree until it is complete, and one whose making was killed
  // stays locked and in the list for ever.
  const { code, stderr } = await runTool('git', args, { cwd: repository.top, signal: never() })
  signal.throwIfAborted()
  if (code !== 0)
    throw new GateRefusal(`cannot make a worktree of ${commit}`, lastLine(stderr), 'see git worktree list')
}

/** Also after an abort. Twice forced: a locked one, too. Never throws: it runs while something else ends. */
export async function removeWorktree(repository: Repository, folder: string): Promise<void> {
  await git(repository.top, ['worktree', 'remove', '--force', '--force', folder], never())
}

function never(): AbortSignal {
  return new AbortController().signal
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
