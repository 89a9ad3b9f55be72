/** A condition on a column of SQLite: its value is one of some texts. An index on the column can serve it. */
import type { ValueKind } from '../../values/value-batch.ts';

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Texts with a byte 0 are left out: SQLite takes a statement only up to there. */
export function isOneOf(column: string, kind: ValueKind, texts: readonly string[]): string {
  const values = texts.filter((text) => !text.includes('\0')).flatMap((text) => valuesOf(text, kind));
  return `${column} IN (${values.join(', ')})`;
}

/** The type of a column may have SQLite take a text for a number; without one, numbers and bytes equal no text. */
function valuesOf(text: string, kind: ValueKind): string[] {
  const values = spellingsOf(text, kind).map((spelling) => `'${spelling.replaceAll("'", "''")}'`);
  if (kind !== 'bytes' && kind !== 'json') return values;
  const isNumber = /^-?\d{1,100}(\.\d{1,100})?$/.test(text);
  return [...values, ...(isNumber ? [text] : []), `x'${Buffer.from(text).toString('hex')}'`];
}

/** SQLite stores UUIDs as texts, as they were written. */
const spellingsOf = (text: string, kind: ValueKind): string[] => {
  if (kind !== 'uuid') return [text];
  const digits = text.toLowerCase().replaceAll('-', '');
  const dashed = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return [digits, dashed].flatMap((spelling) => [spelling, spelling.toUpperCase()]);
};
