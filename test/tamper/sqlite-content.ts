/** Reads a run's SQLite store into plain values, and writes altered values of any type back. */
import { DatabaseSync } from 'node:sqlite';
import { columnsOfTable, tables, type Row, type StoreContent } from './store-content.ts';

export function readSqlite(path: string): StoreContent {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Object.fromEntries(
      tables.map((table) => {
        const columns = columnsOfTable(table).map((name) => `"${name}"`);
        const statement = database.prepare(`SELECT ${columns.join(', ')} FROM ${table}`);
        statement.setReadBigInts(true);
        return [table, statement.all()];
      }),
    );
  } finally {
    database.close();
  }
}

/** Removes all constraints and types, so that columns take any value and two rows may have one position. */
export function loosen(path: string, content: StoreContent): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; BEGIN; DROP VIEW messages');
    for (const [table, rows] of Object.entries(content)) {
      database.exec(`DROP TABLE ${table}; CREATE TABLE ${table} (${namesOf(table)})`);
      insert(database, table, [...rows.entries()]);
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

/** Writes the difference between two contents to a store that `loosen` has filled with the first one. */
export function writeSqlite(path: string, before: StoreContent, after: StoreContent): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN');
    for (const [table, rows] of Object.entries(after)) {
      const known = before[table] ?? [];
      if (before[table] === undefined) database.exec(`CREATE TABLE "${table}" (${namesOf(table)})`);
      const changed = [...rows.entries()].filter(([index, row]) => !isSame(known[index], row));
      insert(database, table, changed);
      database.prepare(`DELETE FROM "${table}" WHERE rowid > ?`).run(rows.length);
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

const namesOf = (table: string): string =>
  columnsOfTable(table)
    .map((name) => `"${name}"`)
    .join(', ');

/** Inserts or replaces rows by their index, which determines their rowid. */
function insert(database: DatabaseSync, table: string, rows: readonly [number, Row][]): void {
  if (rows.length === 0) return;
  const columns = columnsOfTable(table);
  const marks = columns.map(() => '?').join(',');
  const statement = database.prepare(
    `INSERT OR REPLACE INTO "${table}" (rowid, ${namesOf(table)}) VALUES (?,${marks})`,
  );
  for (const [index, row] of rows) statement.run(index + 1, ...columns.map((name) => row[name] ?? null));
}

const isSame = (a: Row | undefined, b: Row): boolean =>
  a !== undefined && Object.keys(b).every((column) => Object.is(a[column], b[column]));
