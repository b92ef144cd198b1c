/**
 * Appends rows to a CSV file, one synchronous write each: a crash or a full disk loses at most the
 * row being written. No fsync per row: it costs milliseconds in the measuring machine, and guards
 * against power failures only.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { UsageError } from '../contract/usageError.js'
import type { Column, Row } from './columns.js'
import { csvText, headerLine, rowLine } from './csvText.js'
import { RecordWriteError, reasonOf, writeFully, writeWhole } from './writeFile.js'

export interface CsvWriter<Columns extends readonly Column[]> {
  /** @throws RecordWriteError when the row is not on disk; the rows before it are */
  append(row: Row<Columns>): void
  close(): void
}

/** A file that must not exist yet; its header is written at once. */
export function createCsv<Columns extends readonly Column[]>(
  path: string,
  columns: Columns,
): CsvWriter<Columns> {
  return writer(path, columns, 'ax')
}

/**
 * Goes on with a file that a run left behind. A torn last row is cut off first, as the reader drops
 * it (`csvReader.ts`, `tornTail`); otherwise the next row would be glued to it.
 */
export function reopenCsv<Columns extends readonly Column[]>(
  path: string,
  columns: Columns,
): CsvWriter<Columns> {
  const content = readExisting(path)
  const whole = content.lastIndexOf(0x0a) + 1
  const header = headerLine(columns)
  if (whole > 0 && content.toString('utf8', 0, content.indexOf(0x0a) + 1) !== header) {
    throw new UsageError(
      `${path} cannot be continued`,
      'its header is not the one that this program writes',
      [],
      'start a new run, or continue with the version that began this one',
    )
  }
  if (whole < content.length) truncateSync(path, whole)
  return writer(path, columns, 'a')
}

/** The whole file in one go; its name never stands for a part of it. */
export function writeCsv<Columns extends readonly Column[]>(
  path: string,
  columns: Columns,
  rows: readonly Row<Columns>[],
): void {
  writeWhole(path, csvText(columns, rows))
}

function writer<Columns extends readonly Column[]>(
  path: string,
  columns: Columns,
  flags: 'a' | 'ax',
): CsvWriter<Columns> {
  const fd = open(path, flags)
  let sizeBytes = fstatSync(fd).size

  function write(text: string): void {
    try {
      sizeBytes += writeFully(fd, text)
    } catch (cause) {
      try {
        ftruncateSync(fd, sizeBytes)
      } catch {
        // Devices and broken disks refuse; then the reader drops the torn row.
      }
      throw new RecordWriteError(path, `the ${sizeBytes} bytes written before are kept`, cause)
    }
  }

  if (sizeBytes === 0) {
    try {
      write(headerLine(columns))
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }
  return {
    append: (row) => write(rowLine(columns, row)),
    close: () => closeSync(fd),
  }
}

function open(path: string, flags: string): number {
  try {
    return openSync(path, flags)
  } catch (cause) {
    throw new RecordWriteError(path, 'nothing was written to it', cause)
  }
}

function readExisting(path: string): Buffer {
  try {
    // A device or a pipe has no content to go on from, and reading some of them never ends.
    return statSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0)
  } catch (cause) {
    throw new UsageError(
      `${path} cannot be continued`,
      reasonOf(cause),
      [],
      'give the folder of a run that was interrupted',
    )
  }
}
