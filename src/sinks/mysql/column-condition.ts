/** A condition on a column of MySQL: its value is one of some texts. An index on the column can serve it. */
import { literal, quoted, type MysqlColumn } from './mysql-columns.ts';

/**
 * Numbers are written as such: compared with texts, they would all become floats. Rows that are equal only by the column's
 * collation come along.
 */
export function isOneOf({ name, kind }: MysqlColumn, texts: readonly string[]): string {
  const values =
    kind === 'number'
      ? texts.filter((text) => /^-?\d{1,40}(\.\d{1,20})?$/.test(text))
      : texts.map((text) => literal(text));
  return `${quoted(name)} IN (${values.length === 0 ? 'NULL' : values.join(', ')})`;
}
