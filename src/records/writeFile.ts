/** Writing to disk so that a full disk or a crash never leaves half of something behind as if it were whole. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** The disk, not the input, is at fault: what was written before is kept. */
export class RecordWriteError extends Error {
  constructor(path: string, kept: string, cause: unknown) {
    super(
      `cannot write ${path}\n${reasonOf(cause)}\n${kept}\nfree some space or write elsewhere; a run that was stopped goes on with --resume`,
    )
    this.name = 'RecordWriteError'
    this.cause = cause
  }
}

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** All of it: a disk that fills up takes a part of a write first and fails at the next. */
export function writeFully(fd: number, text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  let written = 0
  while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written)
  return written
}

/** The file has its old content or its new one, never a part: written beside it as `.part`, then renamed. */
export function writeWhole(path: string, text: string): void {
  const part = `${path}.part`
  try {
    const fd = openSync(part, 'w')
    try {
      writeFully(fd, text)
      // Before the rename: otherwise a power failure can leave the new name on an empty file.
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(part, path)
  } catch (cause) {
    try {
      rmSync(part, { force: true })
    } catch {
      // The reason why it could not be written is the one worth reporting.
    }
    throw new RecordWriteError(path, 'its former content, if any, is kept', cause)
  }
}

/** @param value plain JSON */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`)
}
