/** Reads a run's PostgreSQL store into plain values, and writes altered values of any type back. */
import { Client } from 'pg';
import {
  categoryTables,
  columnsOfTable,
  tables,
  type Row,
  type StoreContent,
  type Value,
} from './store-content.ts';

const declared: Record<string, string> = {
  sequence: 'bigint',
  partition: 'integer',
  offset: 'bigint',
  next_offset: 'bigint',
  epoch: 'bigint',
  key: 'bytea',
  payload: 'bytea',
  headers: 'bytea',
  stored_at: 'timestamptz',
};
const declaredOf = (column: string): string => declared[column] ?? 'text';

/** The tables of all categories have one definition. */
const tableOfType = (table: string): string =>
  (categoryTables as readonly string[]).includes(table) ? 'messages' : table;

export class PostgresContent {
  readonly client: Client;
  /** The changed types of columns, by table and column. */
  readonly #altered = new Map<string, { table: string; column: string; type: string }>();

  private constructor(client: Client) {
    this.client = client;
  }

  /** Removes the constraints of a store's tables, so that two rows may have one position and columns may be NULL. */
  static async open(connectionString: string, password: string, schema: string): Promise<PostgresContent> {
    const client = new Client({ connectionString, password });
    await client.connect();
    await client.query(`SET search_path TO ${schema}; SET client_min_messages TO error`);
    for (const table of tables) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT _${table}_key`);
    for (const table of ['messages', ...tables]) {
      const drops = columnsOfTable(table).map((column) => `ALTER COLUMN "${column}" DROP NOT NULL`);
      await client.query(`ALTER TABLE ${table} ${drops.join(', ')}`);
    }
    return new PostgresContent(client);
  }

  async read(): Promise<StoreContent> {
    const content: StoreContent = {};
    for (const table of tables) {
      const columns = columnsOfTable(table).map((column) =>
        column === 'stored_at'
          ? `to_char(stored_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS stored_at`
          : `"${column}"`,
      );
      const { rows } = await this.client.query<Record<string, unknown>>(
        `SELECT ${columns.join(', ')} FROM ${table}`,
      );
      content[table] = rows.map((row) => plain(row));
    }
    return content;
  }

  /** Returns whether a column had to get another type, which may make the store unreadable. */
  async write(content: StoreContent): Promise<boolean> {
    await this.client.query('BEGIN');
    await this.client.query('TRUNCATE messages, dead_letters, offsets');
    await this.#resetTypes();
    for (const table of ['messages', 'dead_letters', 'offsets']) {
      const own = Object.keys(content).filter((name) => tableOfType(name) === table);
      await this.#fitTypes(
        table,
        own.flatMap((name) => content[name]!),
      );
    }
    for (const [table, rows] of Object.entries(content)) await this.#insert(table, rows);
    await this.client.query('COMMIT');
    return this.#altered.size > 0;
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  async #resetTypes(): Promise<void> {
    for (const { table, column } of this.#altered.values())
      await this.#alter(table, column, declaredOf(column));
    this.#altered.clear();
  }

  async #fitTypes(table: string, rows: readonly Row[]): Promise<void> {
    for (const column of columnsOfTable(table)) {
      const type = typeFor(
        column,
        rows.map((row) => row[column] ?? null),
      );
      if (type === declaredOf(column)) continue;
      await this.#alter(table, column, type);
      this.#altered.set(`${table} ${column}`, { table, column, type });
    }
  }

  /** Changes the type of a column of an empty table. */
  async #alter(table: string, column: string, type: string): Promise<void> {
    await this.client.query(`ALTER TABLE ${table} ALTER COLUMN "${column}" TYPE ${type} USING NULL`);
  }

  async #insert(table: string, rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const columns = columnsOfTable(table);
    const category = tableOfType(table) === 'messages' ? table.replaceAll('_', '-') : undefined;
    const names = [...columns, ...(category === undefined ? [] : ['category'])];
    const values = rows.flatMap((row) => [
      ...columns.map((column) => row[column] ?? null),
      ...(category === undefined ? [] : [category]),
    ]);
    const marks = rows.map(
      (_, row) => `(${names.map((_, at) => `$${row * names.length + at + 1}`).join(',')})`,
    );
    const bound = values.map((value, at) => {
      const column = names[at % names.length]!;
      return boundAs(value, this.#altered.get(`${tableOfType(table)} ${column}`)?.type ?? declaredOf(column));
    });
    await this.client.query(
      `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(', ')}) VALUES ${marks.join(', ')}`,
      bound,
    );
  }
}

/** In PostgreSQL, numbers of different types are equal, and so are their digits in a text column. */
export const asPostgresReads = (content: StoreContent): StoreContent =>
  Object.fromEntries(
    Object.entries(content).map(([table, rows]) => [table, rows.map((row) => withIntegers(row))]),
  );

const withIntegers = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const text = value instanceof Uint8Array ? Buffer.from(value).toString() : String(value);
      const isInteger = integers.includes(declaredOf(column)) && /^-?\d{1,18}$/.test(text);
      return [column, isInteger ? BigInt(text) : value];
    }),
  );

const integers = ['integer', 'bigint'];

function plain(row: Record<string, unknown>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const isInteger = integers.includes(declaredOf(column));
      return [column, isInteger && value !== null ? BigInt(value as string) : (value as Value)];
    }),
  );
}

/** The narrowest type that takes all of these. */
function typeFor(column: string, values: readonly Value[]): string {
  const type = declaredOf(column);
  const there = values.filter((value) => value !== null);
  if (type === 'bytea') return type;
  if (type === 'timestamptz') return there.every((value) => isTimestamp(value)) ? type : textOrBytes(there);
  if (type === 'text') return textOrBytes(there);
  if (there.every((value) => typeof value === 'bigint')) {
    const bits = [32, 64].find((bits) => there.every((value) => BigInt.asIntN(bits, value) === value))!;
    return bits === 32 ? type : 'bigint';
  }
  return there.every((value) => typeof value === 'bigint' || typeof value === 'number')
    ? 'numeric'
    : textOrBytes(there);
}

const isTimestamp = (value: Value): boolean =>
  typeof value === 'string' &&
  (value === 'infinity' || (/^[1-9]\d{3}-/.test(value) && toISO(value) === value));

const toISO = (text: string): string => {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
};

/** A text of PostgreSQL is UTF-8 without NUL. */
const textOrBytes = (values: readonly Value[]): string =>
  values.every((value) => isText(value)) ? 'text' : 'bytea';

function isText(value: Value): boolean {
  const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
  return !bytes.includes(0) && Buffer.from(bytes.toString('utf8')).equals(bytes);
}

/** The value for pg. It sends text as text, which the server converts to the column's type. */
function boundAs(value: Value, type: string): string | Buffer | null {
  if (value === null) return null;
  const bytes =
    value instanceof Uint8Array
      ? Buffer.from(value)
      : Buffer.from(Object.is(value, -0) ? '-0' : String(value));
  return type === 'bytea' ? bytes : bytes.toString('utf8');
}
