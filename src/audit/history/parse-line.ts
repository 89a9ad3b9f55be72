/** Reads one line of a history: JSON, of a known type, with the fields that the type asks for. */
import { outcomes } from '../../run-folder/ledger/outcome.ts';
import {
  hopNames,
  lineTypes,
  plannedMax,
  reservedNames,
  type Line,
  type LineTypeName,
  type ValueKind,
} from './line-types.ts';

/** What is wrong with a line, in a sentence's end: `the line …`. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isName: Check = (value) => typeof value === 'string' && value !== '';
const isInteger = (value: unknown, max: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
const isOneOf =
  (values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string);
const isArrayOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isReserved = isOneOf(reservedNames);
const isCategory: Check = (value) => isText(value) && !isReserved(value);

const category = `a text other than ${reservedNames.join(' and ')}`;
const hop = `one of ${hopNames.join(', ')}`;

/** By kind: how a value is checked, and what it is to be, in words. */
const checks: Record<ValueKind, [Check, string]> = {
  name: [isName, 'a text that is not empty'],
  text: [isText, 'a text'],
  nameOrNumber: [(value) => isText(value) || typeof value === 'number', 'a text or a number'],
  flag: [(value) => typeof value === 'boolean', 'true or false'],
  int32: [(value) => isInteger(value, 2 ** 31 - 1), 'an integer from 0 to 2147483647'],
  integer: [(value) => isInteger(value, Number.MAX_SAFE_INTEGER), 'an integer from 0 to 2^53 − 1'],
  category: [isCategory, category],
  writtenCategory: [(value) => isText(value) && value !== '(missing)', 'a text other than (missing)'],
  categories: [isArrayOf(isCategory), `an array, each of it ${category}`],
  plan: [
    (value) => isObject(value) && Object.values(value).every((count) => isInteger(count, plannedMax)),
    `an object of integers from 0 to ${plannedMax}`,
  ],
  outcome: [isOneOf(outcomes), `one of ${outcomes.join(', ')}`],
  crc: [isOneOf(['ok', 'bad']), 'ok or bad'],
  hop: [isOneOf(hopNames), hop],
  hops: [isArrayOf(isOneOf(hopNames)), `an array, each of it ${hop}`],
};

interface FieldReader {
  name: string;
  check: Check;
  words: string;
  need: 'always' | 'unlessForeign' | 'never';
}

const readers = new Map<string, FieldReader[]>(
  (Object.keys(lineTypes) as LineTypeName[]).map((type) => {
    const { required, optional, ...rest } = lineTypes[type];
    const unlessForeign = 'unlessForeign' in rest ? rest.unlessForeign : {};
    return [
      type,
      [
        ...fieldReaders(required, 'always'),
        ...fieldReaders(unlessForeign, 'unlessForeign'),
        ...fieldReaders(optional, 'never'),
      ],
    ];
  }),
);

function fieldReaders(fields: Record<string, ValueKind>, need: FieldReader['need']): FieldReader[] {
  return Object.entries(fields).map(([name, kind]) => {
    const [check, words] = checks[kind];
    return { name, check, words, need };
  });
}

/** Throws a `LineError` for what is no line of a history. */
export function parseLine(text: string): Line {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    throw new LineError('is not JSON');
  }
  if (!isObject(line)) throw new LineError('is not a JSON object');
  const type = line['type'] ?? undefined;
  const fields = typeof type === 'string' ? readers.get(type) : undefined;
  if (typeof type !== 'string' || fields === undefined) throw new LineError(unknownType(type));
  for (const { name, check, words, need } of fields) {
    const value = line[name];
    if (value === undefined || value === null) {
      if (value === null) line[name] = undefined;
      if (need === 'always' || (need === 'unlessForeign' && line['foreign'] !== true)) {
        throw new LineError(`of type ${type} has no ${name}`);
      }
    } else if (!check(value)) {
      throw new LineError(
        `of type ${type} has ${/^[aeio]/.test(name) ? 'an' : 'a'} ${name} that is not ${words}`,
      );
    }
  }
  return line as unknown as Line;
}

function unknownType(type: unknown): string {
  if (type === undefined) return 'has no type';
  const known = `it is none of ${Object.keys(lineTypes).join(', ')}`;
  return typeof type === 'string'
    ? `has the unknown type ${JSON.stringify(type.slice(0, 40))}: ${known}`
    : 'has a type that is not a text';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
