/** Which destinations held nothing before a run: a row from nowhere counts against these only. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { destinationsOf } from '../../src/proof/destinations.ts';
import { isEmptyNow } from '../../src/run/user-pipeline/is-empty-now.ts';
import { parseValuePlace } from '../../src/values/value-place.ts';
import { newFolder } from '../fixtures/user-processes.ts';

async function isEmptyAfter(statements: string): Promise<boolean> {
  const path = join(newFolder(), 'orders.db');
  using database = new DatabaseSync(path);
  database.exec(statements);
  const [destination] = destinationsOf(
    'orders',
    {
      source: { topic: 'orders' },
      messages: { count: 1 },
      sinks: { table: { database: `sqlite:${path}`, table: 'orders', id: 'column:message' } },
    },
    parseValuePlace('header:id', 'id'),
  ).filter(({ kind }) => kind === 'sink');
  return await isEmptyNow(destination!, {
    kafka: { bootstrapServers: '127.0.0.1:1', settings: {} },
    timeoutMs: 5_000,
    signal: new AbortController().signal,
  });
}

test('a table without rows, and one that is not there', async () => {
  expect(await isEmptyAfter('CREATE TABLE orders (message TEXT)')).toBe(true);
  expect(await isEmptyAfter('CREATE TABLE others (message TEXT)')).toBe(true);
});

test('not a table with rows, nor one to which the application has yet to add the id', async () => {
  expect(await isEmptyAfter("CREATE TABLE orders (message TEXT); INSERT INTO orders VALUES ('old')")).toBe(
    false,
  );
  expect(await isEmptyAfter('CREATE TABLE orders (amount INT); INSERT INTO orders VALUES (7)')).toBe(false);
});
