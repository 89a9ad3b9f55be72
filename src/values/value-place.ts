/**
 * Places: where a value is, in a record and in a row. A user writes them as `header:NAME`, `key`, `json:PATH`,
 * `digest` and `position` for records, and as `column:NAME`, `columns:[TOPIC,]PARTITION,OFFSET` and `json:PATH` for rows.
 */
import { usageError } from '../errors.ts';

/** A place of one value. `text` is how it was written. */
export type ValuePlace = { text: string } & (
  | { kind: 'header'; name: string }
  | { kind: 'key' }
  /** The bytes of a record's value as they are. */
  | { kind: 'digest' }
  /** The names from the document's root to the value; at a table, the first one is the column's. */
  | { kind: 'json'; path: readonly string[] }
  | { kind: 'column'; name: string }
  /** Empty if a record has a value, and NULL if it has none. No user writes it. */
  | { kind: 'presence' }
);

/** The places of a record's position: for a record, the position itself; for a row, the columns that hold it. */
export type PositionPlace = { text: string } & (
  | { kind: 'position' }
  | { kind: 'columns'; topic: string | undefined; partition: string; offset: string }
);

export type IdPlace = ValuePlace | PositionPlace;

export const isPosition = (place: IdPlace): place is PositionPlace =>
  place.kind === 'position' || place.kind === 'columns';

const forms =
  'Write header:NAME, key, json:PATH, column:NAME, columns:PARTITION,OFFSET, columns:TOPIC,PARTITION,OFFSET or position.';

/** Throws `usage` if the text is no place. `option` names the option in the message. */
export function parseIdPlace(text: string, option: string): IdPlace {
  if (text === 'position') return { kind: 'position', text };
  if (!text.startsWith('columns:')) return parseValuePlace(text, option);
  const names = text
    .slice('columns:'.length)
    .split(',')
    .map((name) => name.trim());
  if (names.length < 2 || names.length > 3 || names.includes('')) {
    throw usageError(`${option} ${text}: columns: takes PARTITION,OFFSET or TOPIC,PARTITION,OFFSET.`);
  }
  const [topic, partition, offset] = names.length === 3 ? names : [undefined, ...names];
  return { kind: 'columns', topic, partition: partition!, offset: offset!, text };
}

/** Throws `usage` if the text is no place of one value. */
export function parseValuePlace(text: string, option: string): ValuePlace {
  if (text === 'key' || text === 'digest') return { kind: text, text };
  const colon = text.indexOf(':');
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)];
  if (colon < 0 || rest === '') throw usageError(`${option} ${text} is no place of a value.`, forms);
  if (kind === 'header' || kind === 'column') return { kind, name: rest, text };
  if (kind === 'json') return { kind, path: parsePath(rest, option), text };
  throw usageError(`${option} ${text} is no place of a value.`, forms);
}

/** A path as `parsePath` reads it. */
export const pathText = (names: readonly string[]): string =>
  names.map((name) => name.replaceAll(/[\\.]/g, String.raw`\$&`)).join('.');

/** Names are divided by dots. A backslash before a dot or a backslash makes it a part of the name. */
function parsePath(text: string, option: string): string[] {
  const names = [''];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    const next = text[at + 1];
    if (letter === '\\' && (next === '.' || next === '\\')) names[names.length - 1] += text[++at]!;
    else if (letter === '.') names.push('');
    else names[names.length - 1] += letter;
  }
  if (names.includes('')) {
    throw usageError(
      `${option} json:${text}: a name of the path is empty.`,
      'Write \\. for a dot within a name.',
    );
  }
  return names;
}
