/** The columns of SQLite: their kinds by their declared types, and how values become those of a sink. */
import { unavailableError } from '../../errors.ts';
import type { ValueBatchBuilder, ValueKind } from '../../values/value-batch.ts';
import type { NamedColumn } from '../chosen-columns.ts';

/** By the declared type, in this order: SQLite's affinities, after types that SQLite itself does not know. */
const kinds: readonly [pattern: RegExp, kind: ValueKind][] = [
  [/^JSONB?$/, 'json'],
  [/^BOOL/, 'boolean'],
  [/^(DATE|TIMESTAMP)/, 'time'],
  [/^(UUID|GUID|UNIQUEIDENTIFIER)$/, 'uuid'],
  [/INT/, 'number'],
  [/CHAR|CLOB|TEXT/, 'text'],
  [/BLOB/, 'bytes'],
  [/REAL|FLOA|DOUB|NUM|DEC/, 'number'],
];

/** A column without a declared type is of the kind of each value. */
export function sqliteColumn(name: string, declared: string | null): NamedColumn {
  const type = declared ?? '';
  const kind = kinds.find(([pattern]) => pattern.test(type.toUpperCase()))?.[1] ?? 'json';
  return { name, type: type === '' ? 'any' : type, kind, isDocument: /^JSONB?$/i.test(type) };
}

/** A value as node:sqlite gives it. */
export type SqliteValue = string | bigint | number | Uint8Array | null;

/** Adds a value that is not NULL. Throws `unavailable` for a text whose bytes are lost. */
export function addValue(
  column: string,
  value: Exclude<SqliteValue, null>,
  builder: ValueBatchBuilder,
): void {
  if (typeof value === 'string') {
    if (value.includes('\ufffd')) throw undecodedError(column);
    builder.addText(value);
  } else if (typeof value === 'object') {
    builder.addBytes(value, 0, value.length);
  } else {
    builder.addText(String(value));
  }
}

/** node:sqlite puts U+FFFD in the place of bytes that are no UTF-8, so that different texts would be equal. */
const undecodedError = (column: string): Error =>
  unavailableError(`A text in the column ${column} has bytes that are no UTF-8, or U+FFFD in their place.`, {
    hint: `Read its bytes by a query: --query "select cast(${column} as blob) as ${column} from …"`,
  });
