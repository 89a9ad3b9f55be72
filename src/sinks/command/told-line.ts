/** A line that a program of a sink prints: one of four types of the history form. */

/** The message continues a sentence: `the line …`. */
export class ToldLineError extends Error {
  override readonly name = 'ToldLineError';
}

interface Placed {
  topic?: string;
  partition: number;
  offset: number;
}

export type ToldLine =
  | { type: 'store' }
  | ({ type: 'position' } & Placed)
  | ({ type: 'deadLetter'; reason: string; id?: string; digest?: string } & Placed)
  | { type: 'complete'; of: string };

type Kind = readonly [words: string, check: (value: unknown) => boolean];

const isInteger = (value: unknown, max: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;

const text: Kind = ['a text', (value) => typeof value === 'string'];
const name: Kind = ['a text that is not empty', (value) => typeof value === 'string' && value !== ''];
const flag: Kind = ['true or false', (value) => typeof value === 'boolean'];
const category: Kind = [
  'a text other than dead-letters and (missing)',
  (value) => typeof value === 'string' && value !== 'dead-letters' && value !== '(missing)',
];
const int32: Kind = [`an integer from 0 to ${2 ** 31 - 1}`, (value) => isInteger(value, 2 ** 31 - 1)];
const integer: Kind = ['an integer from 0 to 2^53 − 1', (value) => isInteger(value, Number.MAX_SAFE_INTEGER)];
const store: Kind = ['store', (value) => value === 'store'];

const types: Record<ToldLine['type'], { required: Record<string, Kind>; optional: Record<string, Kind> }> = {
  store: {
    required: { category, id: name },
    optional: { foreign: flag, topic: name, partition: int32, offset: integer, key: text, digest: name },
  },
  position: { required: { partition: int32, offset: integer }, optional: { topic: name } },
  deadLetter: {
    required: { partition: int32, offset: integer, reason: text },
    optional: { topic: name, id: name, digest: name },
  },
  complete: { required: { of: store }, optional: {} },
};

/** Throws a `ToldLineError`. A field that is null counts as absent. */
export function parseToldLine(source: string): ToldLine {
  const line = objectOf(source);
  const type = line['type'];
  if (typeof type !== 'string') throw new ToldLineError('has no type');
  if (!isKnown(type)) {
    throw new ToldLineError(
      `has the type ${JSON.stringify(type.slice(0, 40))}: a sink prints ${Object.keys(types).join(', ')}`,
    );
  }
  const { required, optional } = types[type];
  for (const [field, kind] of Object.entries({ ...required, ...optional })) {
    const value = line[field] ?? undefined;
    if (value === undefined) {
      delete line[field];
      // A foreign row needs no id.
      const isNeeded = field in required && !(field === 'id' && line['foreign'] === true);
      if (isNeeded) throw new ToldLineError(`of type ${type} has no ${field}`);
    } else if (!kind[1](value)) {
      const article = /^[aeio]/.test(field) ? 'an' : 'a';
      throw new ToldLineError(`of type ${type} has ${article} ${field} that is not ${kind[0]}`);
    }
  }
  return line as unknown as ToldLine;
}

const isKnown = (type: string): type is ToldLine['type'] => Object.hasOwn(types, type);

function objectOf(source: string): Record<string, unknown> {
  let line: unknown;
  try {
    line = JSON.parse(source);
  } catch {
    throw new ToldLineError('is not JSON');
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line))
    throw new ToldLineError('is not a JSON object');
  return line as Record<string, unknown>;
}
