import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { counter, integer, optionalText } from '../dist/src/records/columns.js'
import { readCsv } from '../dist/src/records/csvReader.js'
import { createCsv, reopenCsv, writeCsv } from '../dist/src/records/csvWriter.js'
import { writeJson } from '../dist/src/records/writeFile.js'

const COLUMNS = [
  integer('schema_version', null, 1, ''),
  counter('ipis', 'interrupts', ''),
  optionalText('failure', ''),
] as const
const HEADER = 'schema_version,ipis,failure\n'
const row = (ipis: number | null, failure = '') => ({ schema_version: 1, ipis, failure })

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shootdown-writer-'))
  file = join(folder, 'samples.csv')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('appending', () => {
  test('the header is on disk at once, and each row when append returns', () => {
    const csv = createCsv(file, COLUMNS)
    expect(readFileSync(file, 'utf8')).toBe(HEADER)
    csv.append(row(3))
    expect(readFileSync(file, 'utf8')).toBe(`${HEADER}1,3,\n`)
    csv.append(row(null, 'x'))
    expect(readFileSync(file, 'utf8')).toBe(`${HEADER}1,3,\n1,,x\n`)
    csv.close()
  })

  test('a file that exists is never overwritten', () => {
    writeFileSync(file, 'mine')
    expect(() => createCsv(file, COLUMNS)).toThrow('EEXIST')
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('a row that is wrong leaves no trace', () => {
    const csv = createCsv(file, COLUMNS)
    expect(() => csv.append(row(NaN))).toThrow('column ipis')
    csv.append(row(1))
    csv.close()
    expect(readFileSync(file, 'utf8')).toBe(`${HEADER}1,1,\n`)
  })
})

describe('a full disk', () => {
  test('at the header is an error that names the file', () => {
    symlinkSync('/dev/full', file)
    expect(() => reopenCsv(file, COLUMNS)).toThrow(
      expect.objectContaining({
        name: 'RecordWriteError',
        message: expect.stringMatching(/samples\.csv\nENOSPC/),
      }),
    )
  })

  test('inside a row loses that row only: the file still ends with the one before', () => {
    // The limit of 1 KiB plays the full disk: the write that crosses it is cut short, the next one fails.
    const script = `
      const { createCsv } = await import(${JSON.stringify(join(import.meta.dirname, '../dist/src/records/csvWriter.js'))})
      const { counter, integer, optionalText } = await import(${JSON.stringify(join(import.meta.dirname, '../dist/src/records/columns.js'))})
      const columns = [integer('schema_version', null, 1, ''), counter('ipis', 'interrupts', ''), optionalText('failure', '')]
      const csv = createCsv(process.argv[1], columns)
      let rows = 0
      try {
        for (; rows < 1000; rows++) csv.append({ schema_version: 1, ipis: rows, failure: 'x'.repeat(90) })
      } catch (error) {
        console.log(JSON.stringify({ rows, name: error.name, message: error.message }))
      }`
    const shell = 'ulimit -f 1; exec "$0" --input-type=module -e "$1" "$2"'
    const output = execFileSync('bash', ['-c', shell, process.execPath, script, file], { encoding: 'utf8' })
    const seen = JSON.parse(output) as { rows: number; name: string; message: string }

    expect(seen.name).toBe('RecordWriteError')
    expect(seen.message).toContain(file)
    expect(seen.message).toContain('EFBIG')
    const whole = readFileSync(file)
    expect(seen.message).toContain(`the ${whole.length} bytes written before are kept`)
    // Header of 28 bytes, rows of 2 + 1 + 1 + 90 + 1 = 95 (96 from the 11th on): 10 rows are 978 bytes, 11 would be 1074.
    expect(seen.rows).toBe(10)
    expect(whole.length).toBe(978)
    expect(readCsv(file, COLUMNS).rows.map((read) => read.ipis)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

describe('going on with a file', () => {
  test('adds to it without a second header', () => {
    writeFileSync(file, `${HEADER}1,3,\n`)
    const csv = reopenCsv(file, COLUMNS)
    csv.append(row(4))
    csv.close()
    expect(readFileSync(file, 'utf8')).toBe(`${HEADER}1,3,\n1,4,\n`)
  })

  test.each([
    ['a torn row', `${HEADER}1,3,\n1,4`, `${HEADER}1,3,\n1,5,\n`],
    ['a torn row that looks whole', `${HEADER}1,3,\n1,4,x`, `${HEADER}1,3,\n1,5,\n`],
    ['a torn header', HEADER.slice(0, 9), `${HEADER}1,5,\n`],
    ['nothing', '', `${HEADER}1,5,\n`],
    ['zeros after a power failure', `${HEADER}1,3,\n\0\0\0`, `${HEADER}1,3,\n1,5,\n`],
  ])('that ends with %s cuts that off first', (_what, before, after) => {
    writeFileSync(file, before)
    const csv = reopenCsv(file, COLUMNS)
    csv.append(row(5))
    csv.close()
    expect(readFileSync(file, 'utf8')).toBe(after)
  })

  test('of other columns is refused, and the file stays as it was', () => {
    writeFileSync(file, 'schema_version,other\n1,2\n1,')
    expect(() => reopenCsv(file, COLUMNS)).toThrow(expect.objectContaining({ name: 'UsageError' }))
    expect(readFileSync(file, 'utf8')).toBe('schema_version,other\n1,2\n1,')
  })

  test('that is not there is refused', () => {
    expect(() => reopenCsv(join(folder, 'none.csv'), COLUMNS)).toThrow(
      expect.objectContaining({ name: 'UsageError' }),
    )
    expect(existsSync(join(folder, 'none.csv'))).toBe(false)
  })
})

describe('writing a whole file', () => {
  test('replaces what was there and leaves nothing beside it', () => {
    writeFileSync(file, 'old')
    writeCsv(file, COLUMNS, [row(1), row(2)])
    expect(readFileSync(file, 'utf8')).toBe(`${HEADER}1,1,\n1,2,\n`)
    expect(readdirSync(folder)).toEqual(['samples.csv'])
  })

  test('JSON ends with a line break and is readable by people', () => {
    writeJson(join(folder, 'run.json'), { seed: 1, label: null })
    expect(readFileSync(join(folder, 'run.json'), 'utf8')).toBe('{\n  "seed": 1,\n  "label": null\n}\n')
  })

  test('that fails names the file and leaves the old one and no part', () => {
    const target = join(folder, 'run.json')
    mkdirSync(target)
    writeFileSync(join(target, 'kept'), '')
    expect(() => writeJson(target, {})).toThrow(
      expect.objectContaining({ name: 'RecordWriteError', message: expect.stringContaining('run.json') }),
    )
    expect(readdirSync(folder)).toEqual(['run.json'])
    expect(readdirSync(target)).toEqual(['kept'])
  })

  test('the old content stays until the new one is whole', () => {
    const target = join(folder, 'run.json')
    writeJson(target, 'old')
    // The part cannot be opened: as good as a disk that is full from the first byte on.
    mkdirSync(`${target}.part`)
    expect(() => writeJson(target, 'new')).toThrow('EISDIR')
    expect(readFileSync(target, 'utf8')).toBe('"old"\n')
  })
})
