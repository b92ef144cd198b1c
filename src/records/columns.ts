/**
 * What a column is. Everything about the CSV files derives from the lists of these (keyColumns.ts,
 * sampleColumns.ts, summaryColumns.ts): the header, how a cell is written and read back, the row types,
 * datapackage.json and docs/columns.md. Adding a column is adding one entry, at the end of its list;
 * renaming one, or changing what it means, needs a new SCHEMA_VERSION.
 */

export const SCHEMA_VERSION = 1

/** `number` may have a fraction: the simulator counts picoseconds, so every time in nanoseconds is a number. */
export type ColumnType = 'integer' | 'number' | 'boolean' | 'string'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** Null where there is nothing to measure in. */
  readonly unit: string | null
  /** The cell may be empty. An empty figure is unknown, never zero; what an empty text says is in its description. */
  readonly nullable: boolean
  /** Null: any number, or not a number. */
  readonly minimum: number | null
  /** The only texts allowed; null: any. */
  readonly values: readonly string[] | null
  readonly description: string
}

/** A column with the parts that decide the type of its cells. */
type Typed<Name, Type, Nullable> = Column & { name: Name; type: Type; nullable: Nullable }

/** Text is never null in a row: an empty cell and an empty text are the same bytes, so they are the same value. */
type Value<C extends Column> = C['type'] extends 'string' ? string : Figure<C>
type Figure<C extends Column> = C['nullable'] extends true ? Scalar<C> | null : Scalar<C>
type Scalar<C extends Column> = C['type'] extends 'boolean' ? boolean : number

/** The type of a row, from the definitions of its columns. */
export type Row<Columns extends readonly Column[]> = {
  readonly [C in Columns[number] as C['name']]: Value<C>
}

/** A count, empty where unknown. */
export function counter<const N extends string>(
  name: N,
  unit: string,
  description: string,
): Typed<N, 'integer', true> {
  return { name, type: 'integer', unit, nullable: true, minimum: 0, values: null, description }
}

/** A figure with a fraction, empty where unknown. */
export function measure<const N extends string>(
  name: N,
  unit: string,
  description: string,
): Typed<N, 'number', true> {
  return { name, type: 'number', unit, nullable: true, minimum: 0, values: null, description }
}

/** An integer that is always known. */
export function integer<const N extends string>(
  name: N,
  unit: string | null,
  minimum: number | null,
  description: string,
): Typed<N, 'integer', false> {
  return { name, type: 'integer', unit, nullable: false, minimum, values: null, description }
}

export function text<const N extends string>(
  name: N,
  description: string,
  values: readonly string[] | null = null,
): Typed<N, 'string', false> {
  return { name, type: 'string', unit: null, nullable: false, minimum: null, values, description }
}

/** A text that may be empty; the description says what that means. */
export function optionalText<const N extends string>(
  name: N,
  description: string,
  values: readonly string[] | null = null,
): Typed<N, 'string', true> {
  return { name, type: 'string', unit: null, nullable: true, minimum: null, values, description }
}

export function flag<const N extends string>(name: N, description: string): Typed<N, 'boolean', false> {
  return { name, type: 'boolean', unit: null, nullable: false, minimum: null, values: null, description }
}

/** Empty where unknown. */
export function optionalFlag<const N extends string>(
  name: N,
  description: string,
): Typed<N, 'boolean', true> {
  return { name, type: 'boolean', unit: null, nullable: true, minimum: null, values: null, description }
}
