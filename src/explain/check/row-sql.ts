/** The statement that shows a row of a sink in a database. */
import type { SinkRecord } from '../../check/check-record.ts';
import { isPosition, parseIdPlace, type ValuePlace } from '../../values/value-place.ts';

type Sink = Pick<SinkRecord, 'name' | 'id' | 'table' | 'query'>;

/** How a database writes names and texts. */
interface Dialect {
  quote: '"' | '`';
  /** Whether a backslash in a text must be doubled. */
  hasEscapes: boolean;
}

const dialects: readonly [prefix: RegExp, dialect: Dialect][] = [
  [/^(postgres(ql)?:\/\/|sqlite:)/i, { quote: '"', hasEscapes: false }],
  [/^(mysql|mariadb):\/\//i, { quote: '`', hasEscapes: true }],
];

/** The id as the sink or the topic has it; or the record's place, if positions are the ids. */
export type RowId = string | { topic: string; partition: number; offset: number };

/** null for a sink that is no database, and for an id within a document. */
export function rowSql({ name, id: sinkId, table, query }: Sink, id: RowId): string | null {
  const [, dialect] = dialects.find(([prefix]) => prefix.test(name)) ?? [];
  const place = parseIdPlace(sinkId, '--sink-id');
  if (dialect === undefined) return null;
  const column = (text: string): string => quoted(text, dialect.quote);
  const conditions: string[] = [];
  if (typeof id === 'string') {
    if (isPosition(place) || !isColumn(place)) return null;
    conditions.push(`${column(place.name)} = ${textOf(id, dialect)}`);
  } else {
    if (place.kind !== 'columns') return null;
    if (place.topic !== undefined) conditions.push(`${column(place.topic)} = ${textOf(id.topic, dialect)}`);
    conditions.push(`${column(place.partition)} = ${id.partition}`, `${column(place.offset)} = ${id.offset}`);
  }
  // A comment at the end of the query must not swallow what follows it.
  const from = table ?? `(${query?.trim().replace(/[;\s]+$/, '')}\n) AS q`;
  return `SELECT * FROM ${from} WHERE ${conditions.join(' AND ')};`;
}

const isColumn = (place: ValuePlace): place is ValuePlace & { kind: 'column' } => place.kind === 'column';

const quoted = (name: string, quote: string): string =>
  `${quote}${name.replaceAll(quote, quote + quote)}${quote}`;

const textOf = (text: string, { hasEscapes }: Dialect): string =>
  `'${(hasEscapes ? text.replaceAll('\\', '\\\\') : text).replaceAll("'", "''")}'`;
