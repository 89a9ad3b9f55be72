/** The columns of MySQL and MariaDB: their kinds, and how their values become those of a sink. */
import mysql, { type FieldPacket } from 'mysql2';
import type { ValueBatchBuilder, ValueKind } from '../../values/value-batch.ts';
import type { NamedColumn } from '../chosen-columns.ts';
import { shortestFloat } from '../shortest-float.ts';

/** Node finds it in the default export alone. */
const { Types } = mysql;

/** How the server sends a value. */
type Encoding = 'text' | 'boolean' | 'bits' | 'float';

export interface MysqlColumn extends NamedColumn {
  encoding: Encoding;
}

/** The character set of bytes. */
const binaryCharset = 63;
const enumOrSetFlags = 256 | 2048;
const unsignedFlag = 32;

const numbers = new Set([
  Types.TINY,
  Types.SHORT,
  Types.LONG,
  Types.LONGLONG,
  Types.INT24,
  Types.YEAR,
  Types.DECIMAL,
  Types.NEWDECIMAL,
  Types.FLOAT,
  Types.DOUBLE,
]);
const times = new Set([Types.DATE, Types.NEWDATE, Types.DATETIME, Types.TIMESTAMP]);

/** `type` is what the server calls the column's type, if it tells. */
export function mysqlColumn(field: FieldPacket, type?: string): MysqlColumn {
  const code = field.columnType!;
  const flags = field.flags as number;
  const sign = numbers.has(code) && (flags & unsignedFlag) !== 0 ? ' unsigned' : '';
  const named = type ?? field.extendedTypeName ?? `${nameOf(code)}${sign}`;
  const kind = kindOf(field);
  return { name: field.name, type: named, kind, isDocument: kind === 'json', encoding: encodingOf(field) };
}

const nameOf = (code: number): string =>
  (Object.entries(Types).find(([, number]) => number === code)?.[0] ?? `type ${code}`).toLowerCase();

function kindOf({ columnType, columnLength, characterSet, flags, ...field }: FieldPacket): ValueKind {
  const code = columnType!;
  if (numbers.has(code)) return 'number';
  if (times.has(code)) return 'time';
  if (code === Types.BIT) return columnLength === 1 ? 'boolean' : 'number';
  // MariaDB sends its own types as texts.
  if (code === Types.JSON || field.extendedFormat === 'json') return 'json';
  if (field.extendedTypeName === 'uuid') return 'uuid';
  if (code === Types.TIME || code === Types.NULL) return 'text';
  if (code === Types.GEOMETRY || characterSet === binaryCharset) return 'bytes';
  if (code === Types.STRING && ((flags as number) & enumOrSetFlags) === 0 && !field.extendedTypeName)
    return 'padded';
  return 'text';
}

function encodingOf({ columnType, columnLength }: FieldPacket): Encoding {
  if (columnType === Types.BIT) return columnLength === 1 ? 'boolean' : 'bits';
  return columnType === Types.FLOAT ? 'float' : 'text';
}

/** What to select for a column. The server would round a FLOAT to six digits; as a DOUBLE, it sends the exact number. */
export const selected = ({ name, encoding }: MysqlColumn): string =>
  encoding === 'float' ? `(${quoted(name)} + 0e0)` : quoted(name);

export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

export const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** Adds a value that is not NULL. */
export function addValue(encoding: Encoding, value: Buffer, builder: ValueBatchBuilder): void {
  if (encoding === 'text') builder.addBytes(value, 0, value.length);
  else if (encoding === 'float') builder.addText(shortestFloat(Number(value.toString('latin1'))));
  else if (encoding === 'boolean') builder.addText(value[0] === 0 ? 'false' : 'true');
  else builder.addText(BigInt(`0x${value.toString('hex')}`).toString());
}
