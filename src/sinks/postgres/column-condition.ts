/** A condition on a column of PostgreSQL: its value is one of some texts. An index on the column can serve it. */
import type { NamedColumn } from '../chosen-columns.ts';

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The largest value of each type of integers. */
const integerMax: Readonly<Record<string, bigint>> = {
  smallint: 2n ** 15n - 1n,
  integer: 2n ** 31n - 1n,
  bigint: 2n ** 63n - 1n,
};

const uuidPattern = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Texts that are no values of the column's type are left out: no row has them, and the server would refuse them. */
export function isOneOf({ name, type, kind }: NamedColumn, texts: readonly string[]): string {
  const column = quoted(name);
  const max = integerMax[type];
  if (max !== undefined) {
    const isWithin = (text: string): boolean =>
      /^-?\d{1,19}$/.test(text) && BigInt(text.replace('-', '')) <= max;
    return `${column} = ANY(${arrayOf(texts.filter(isWithin))}::${type}[])`;
  }
  if (kind === 'uuid')
    return `${column} = ANY(${arrayOf(texts.filter((text) => uuidPattern.test(text)))}::uuid[])`;
  if (type.startsWith('numeric')) {
    const numbers = texts.filter((text) => /^-?\d{1,100}(\.\d{1,100})?$/.test(text));
    return `${column} = ANY(${arrayOf(numbers)}::numeric[])`;
  }
  if (type === 'text' || type.startsWith('character varying'))
    return `${column} = ANY(${arrayOf(texts)}::text[])`;
  if (kind === 'padded') return `${column} = ANY(${arrayOf(texts)}::bpchar[])`;
  return `${column}::text = ANY(${arrayOf(texts)}::text[])`;
}

/** A text of PostgreSQL has no byte 0. */
function arrayOf(texts: readonly string[]): string {
  const elements = texts
    .filter((text) => !text.includes('\0'))
    .map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
  return literal(`{${elements.join(',')}}`);
}
