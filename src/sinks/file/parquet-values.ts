/** Values of Parquet as they are stored, by the type of their column, into a batch: exact, with all their digits. */
import type { ConvertedType, LogicalType, SchemaElement } from 'hyparquet';
import { parseFloat16 } from 'hyparquet/src/convert.js';
import type { ValueBatchBuilder, ValueKind } from '../../values/value-batch.ts';
import { shortestFloat } from '../shortest-float.ts';

export interface ParquetType {
  name: string;
  /** undefined: values of this type cannot be compared. */
  kind: ValueKind | undefined;
  /** Adds a value that is not NULL. */
  add: (value: never, builder: ValueBatchBuilder) => void;
}

type Stored = boolean | number | bigint | Uint8Array;

const textOf = (text: (value: never) => string): ParquetType['add'] => {
  return (value, builder) => builder.addText(text(value));
};
const asBytes: ParquetType['add'] = (value: Uint8Array, builder) => builder.addBytes(value, 0, value.length);
const asText = textOf(String);
const none: ParquetType['add'] = () => {
  throw new Error('a value of a type that cannot be compared was read');
};

/** What the annotations of older files mean. DECIMAL has its digits beside it. */
const fromConverted: Record<ConvertedType, LogicalType> = {
  UTF8: { type: 'STRING' },
  ENUM: { type: 'ENUM' },
  JSON: { type: 'JSON' },
  BSON: { type: 'BSON' },
  DECIMAL: { type: 'DECIMAL', scale: 0, precision: 0 },
  DATE: { type: 'DATE' },
  TIME_MILLIS: { type: 'TIME', unit: 'MILLIS', isAdjustedToUTC: true },
  TIME_MICROS: { type: 'TIME', unit: 'MICROS', isAdjustedToUTC: true },
  TIMESTAMP_MILLIS: { type: 'TIMESTAMP', unit: 'MILLIS', isAdjustedToUTC: true },
  TIMESTAMP_MICROS: { type: 'TIMESTAMP', unit: 'MICROS', isAdjustedToUTC: true },
  INT_8: { type: 'INTEGER', bitWidth: 8, isSigned: true },
  INT_16: { type: 'INTEGER', bitWidth: 16, isSigned: true },
  INT_32: { type: 'INTEGER', bitWidth: 32, isSigned: true },
  INT_64: { type: 'INTEGER', bitWidth: 64, isSigned: true },
  UINT_8: { type: 'INTEGER', bitWidth: 8, isSigned: false },
  UINT_16: { type: 'INTEGER', bitWidth: 16, isSigned: false },
  UINT_32: { type: 'INTEGER', bitWidth: 32, isSigned: false },
  UINT_64: { type: 'INTEGER', bitWidth: 64, isSigned: false },
  INTERVAL: { type: 'INTERVAL' },
  LIST: { type: 'LIST' },
  MAP: { type: 'MAP' },
  MAP_KEY_VALUE: { type: 'MAP' },
};

export function parquetType(element: SchemaElement): ParquetType {
  const { logical_type: logical, converted_type: converted } = element;
  // Arrow writes both, and the newer one tells more: whether a time is in UTC.
  if (logical !== undefined) return annotatedType(logical, element);
  if (converted !== undefined) return annotatedType(fromConverted[converted], element);
  return plainType(element);
}

function annotatedType(logical: LogicalType, { scale }: SchemaElement): ParquetType {
  const name = logical.type;
  switch (name) {
    case 'STRING':
    case 'ENUM':
      return { name, kind: 'text', add: asBytes };
    case 'JSON':
      return { name, kind: 'json', add: asBytes };
    case 'BSON':
      return { name, kind: 'bytes', add: asBytes };
    case 'UUID':
      return { name, kind: 'uuid', add: textOf(uuid) };
    case 'DATE':
      return { name, kind: 'time', add: textOf(date) };
    case 'DECIMAL':
      return decimalType(scale ?? logical.scale);
    case 'INTEGER':
      return integerType(`${logical.isSigned ? '' : 'U'}INT_${logical.bitWidth}`, logical.isSigned);
    case 'FLOAT16':
      return { name, kind: 'number', add: textOf((value: Uint8Array) => String(parseFloat16(value))) };
    case 'TIMESTAMP':
      return timestampType(`${name}_${logical.unit}`, logical.unit, logical.isAdjustedToUTC ? 'Z' : '');
    case 'TIME':
      return timeType(`${name}_${logical.unit}`, logical.unit);
    case 'NULL':
      return { name, kind: 'text', add: asText };
    case 'INTERVAL':
    case 'LIST':
    case 'MAP':
    case 'VARIANT':
    case 'GEOMETRY':
    case 'GEOGRAPHY':
    case 'FILE':
      return { name, kind: undefined, add: none };
    default:
      return { name: 'of a newer kind', kind: undefined, add: none };
  }
}

function plainType({ type: name }: SchemaElement): ParquetType {
  switch (name) {
    case 'BOOLEAN':
      return { name, kind: 'boolean', add: asText };
    case 'INT32':
    case 'INT64':
    case 'DOUBLE':
      return { name, kind: 'number', add: asText };
    case 'FLOAT':
      return { name, kind: 'number', add: textOf(shortestFloat) };
    case 'INT96':
      return timestampType(name, 'NANOS', '');
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return { name, kind: 'bytes', add: asBytes };
    case undefined:
      break;
  }
  return { name: 'of a newer kind', kind: undefined, add: none };
}

/** Unsigned integers are stored as if they had a sign. */
function integerType(name: string, isSigned: boolean): ParquetType {
  if (isSigned) return { name, kind: 'number', add: asText };
  const unsigned = (value: bigint | number): string =>
    typeof value === 'bigint' ? String(BigInt.asUintN(64, value)) : String(value >>> 0);
  return { name, kind: 'number', add: textOf(unsigned) };
}

const decimalType = (scale: number): ParquetType => ({
  name: 'DECIMAL',
  kind: 'number',
  add: textOf((value: Exclude<Stored, boolean>) => decimal(unscaled(value), scale)),
});

/** Of bytes: the number in two's complement, the highest byte first. */
function unscaled(value: Exclude<Stored, boolean>): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value);
  if (value.length === 0) return 0n;
  const { buffer, byteOffset, length } = value;
  const hex = Buffer.from(buffer, byteOffset, length).toString('hex');
  return BigInt.asIntN(length * 8, BigInt(`0x${hex}`));
}

function decimal(value: bigint, scale: number): string {
  if (scale <= 0) return String(value * 10n ** BigInt(-scale));
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function uuid(value: Uint8Array): string {
  const { buffer, byteOffset, length } = value;
  const hex = Buffer.from(buffer, byteOffset, length).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const fractionDigits = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const;
const dayMs = 86_400_000;

const date = (days: number): string => dateTime(days * dayMs)?.slice(0, -'T00:00:00'.length) ?? String(days);

function timestampType(name: string, unit: keyof typeof fractionDigits, zone: string): ParquetType {
  const digits = fractionDigits[unit];
  const second = 10n ** BigInt(digits);
  const time = (value: bigint): string => {
    const fraction = ((value % second) + second) % second;
    const whole = dateTime(Number((value - fraction) / second) * 1000);
    // Such as the largest integer, which some programs write for the end of time.
    if (whole === undefined) return String(value);
    return `${whole}.${String(fraction).padStart(digits, '0')}${zone}`;
  };
  return { name, kind: 'time', add: textOf(time) };
}

/** ISO 8601 to the second, without a zone; undefined beyond the years that a date can have. */
function dateTime(ms: number): string | undefined {
  const moment = new Date(ms);
  return Number.isNaN(moment.getTime())
    ? undefined
    : moment.toISOString().slice(0, -'.000Z'.length).replace(/^\+0*/, '');
}

/** Texts, since no moment is meant. As PostgreSQL writes them: a fraction has no zeros at its end. */
function timeType(name: string, unit: keyof typeof fractionDigits): ParquetType {
  const digits = fractionDigits[unit];
  const second = 10n ** BigInt(digits);
  const time = (value: bigint | number): string => {
    const seconds = Number(BigInt(value) / second);
    const parts = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60, seconds % 60];
    const fraction = String(BigInt(value) % second)
      .padStart(digits, '0')
      .replace(/0+$/, '');
    const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
    return fraction === '' ? clock : `${clock}.${fraction}`;
  };
  return { name, kind: 'text', add: textOf(time) };
}
