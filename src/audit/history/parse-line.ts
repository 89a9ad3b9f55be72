/** Reads one line of a history: JSON of a known type, with the fields that the type requires. */
import {
  lineTypes,
  valueKinds,
  type Line,
  type LineTypeName,
  type ValueKind,
  type ValueSchema,
} from './line-types.ts';

/** An error in a line. The message continues a sentence: `the line …`. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

type Check = (value: unknown) => boolean;

interface FieldReader {
  name: string;
  check: Check;
  words: string;
  need: 'always' | 'unlessForeign' | 'never';
}

const checks = Object.fromEntries(
  Object.entries<ValueSchema>(valueKinds).map(([kind, schema]) => [kind, checkOf(schema)]),
) as Record<ValueKind, [Check, string]>;

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

/** Throws a `LineError` if the text is not a line of a history. */
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

/** The check of a value's kind, and the kind in words. */
function checkOf(schema: ValueSchema): [Check, string] {
  const { enum: values, type, items, additionalProperties } = schema;
  if (values !== undefined) {
    const words = values.length === 2 ? values.join(' or ') : `one of ${values.join(', ')}`;
    return [(value) => values.includes(value as string), words];
  }
  if (items !== undefined) {
    const [check, words] = checkOf(items);
    return [(value) => Array.isArray(value) && value.every(check), `an array, each of it ${words}`];
  }
  if (additionalProperties !== undefined) {
    const { maximum } = additionalProperties;
    const areAll: Check = (value) => isObject(value) && Object.values(value).every(isInteger(maximum));
    return [areAll, `an object of integers from 0 to ${maximum}`];
  }
  if (type === 'integer')
    return [isInteger(schema.maximum!), `an integer from 0 to ${limitText(schema.maximum!)}`];
  if (type === 'string') return checkOfText(schema);
  if (type === 'boolean') return [(value) => typeof value === 'boolean', 'true or false'];
  return [(value) => typeof value === 'string' || typeof value === 'number', 'a text or a number'];
}

function checkOfText({ minLength = 0, not }: ValueSchema): [Check, string] {
  if (not !== undefined) {
    const others = not.enum ?? [not.const!];
    const check: Check = (value) => typeof value === 'string' && !others.includes(value);
    return [check, `a text other than ${others.join(' and ')}`];
  }
  if (minLength === 0) return [(value) => typeof value === 'string', 'a text'];
  return [(value) => typeof value === 'string' && value !== '', 'a text that is not empty'];
}

function isInteger(max: number): Check {
  return (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

function limitText(max: number): string {
  return max === Number.MAX_SAFE_INTEGER ? '2^53 − 1' : String(max);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
