/** A table of SQLite as a source. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TableSource } from '../../../src/config/config.ts';
import type { Handover, OpenedSource, OutgoingMessage } from '../../../src/sources/source.ts';
import { openTableSource } from '../../../src/sources/table/table-source.ts';
import { outgoing, sourceOptions } from '../../fixtures/outgoing.ts';
import { newDir } from '../../fixtures/nodrop.ts';

let dir: string;
let database: DatabaseSync;
const opened: OpenedSource[] = [];
beforeEach(() => {
  dir = newDir();
  database = new DatabaseSync(join(dir, 'orders.db'));
  database.exec('CREATE TABLE orders (id TEXT PRIMARY KEY, n INTEGER CHECK (n > 0), any, doc, raw BLOB)');
});
afterEach(async () => {
  for (const source of opened.splice(0)) await source.close();
  database.close();
});

async function open(given: Partial<TableSource> = {}, timeoutMs = 5_000): Promise<OpenedSource> {
  const source = await openTableSource(
    { database: `sqlite:${join(dir, 'orders.db')}`, table: 'Orders', ...given },
    sourceOptions({ timeoutMs }),
  );
  opened.push(source);
  return source;
}

const row = (sequence: number, fields: object = {}): OutgoingMessage =>
  outgoing(sequence, { id: `m-${sequence}`, ...fields });
const send = async (source: OpenedSource, ...messages: OutgoingMessage[]): Promise<Handover[]> =>
  (await Promise.all(messages.map((message) => source.send([message])))).flat();
const kindsOf = (outcomes: readonly Handover[]): string[] => outcomes.map(({ outcome }) => outcome);
const ids = (): unknown[] =>
  database
    .prepare('SELECT id FROM orders ORDER BY rowid')
    .all()
    .map(({ id }) => id);

test('the fields of a value are columns, and documents are their JSON', async () => {
  const fields = { N: 7, any: 1, doc: { a: [true] }, raw: new Uint8Array([0, 255]) };
  expect(await send(await open(), row(0, fields), row(1, { any: true, doc: 0.5 }))).toEqual([
    { outcome: 'acked' },
    { outcome: 'acked' },
  ]);
  expect(database.prepare('SELECT *, typeof(any) AS type FROM orders').all()).toMatchObject([
    { id: 'm-0', n: 7, any: 1, type: 'integer', doc: '{"a":[true]}', raw: new Uint8Array([0, 255]) },
    { id: 'm-1', n: null, any: 1, doc: 0.5, raw: null },
  ]);
});

test('a row that the table refuses rejects its transaction, and no other', async () => {
  const source = await open({ batch: 2 });
  const outcomes = [
    await source.send([row(0), row(1)]),
    await source.send([row(2), row(2)]),
    await source.send([row(3, { n: 0 })]),
    await source.send([row(4)]),
  ];
  expect(outcomes.map(kindsOf)).toEqual([
    ['acked', 'acked'],
    ['rejected', 'rejected'],
    ['rejected'],
    ['acked'],
  ]);
  expect(ids()).toEqual(['m-0', 'm-1', 'm-4']);
});

test('a constraint that is looked at in the commit rejects', async () => {
  database.exec('CREATE TABLE lines (id TEXT, order_id REFERENCES orders DEFERRABLE INITIALLY DEFERRED)');
  const source = await open({ table: 'lines' });
  const [outcome] = await send(source, row(0, { order_id: 'nowhere' }));
  expect(outcome).toMatchObject({
    outcome: 'rejected',
    error: expect.stringContaining('in the commit') as string,
  });
});

test('the lock of another program is waited for, up to the time limit', async () => {
  const source = await open({}, 400);
  database.exec('BEGIN IMMEDIATE');
  const [late] = await send(source, row(0));
  expect(late).toMatchObject({ outcome: 'rejected', error: 'database is locked' });
  const waiting = send(source, row(1));
  setImmediate(() => database.exec('COMMIT'));
  expect(await waiting).toEqual([{ outcome: 'acked' }]);
  expect(ids()).toEqual(['m-1']);
});

test('a missing file, table or column is wrong usage', async () => {
  await expect(open({ database: `sqlite:${join(dir, 'nowhere.db')}` })).rejects.toMatchObject({
    code: 'usage',
  });
  await expect(open({ table: 'nowhere' })).rejects.toMatchObject({ code: 'usage', hint: 'It has orders.' });
  await expect((await open()).send([row(0, { sku: 1 })])).rejects.toMatchObject({
    code: 'usage',
    hint: 'Its columns are id, n, any, doc, raw.',
  });
  await expect(open({ database: 'mongodb://user:geheim@host' })).rejects.toMatchObject({
    code: 'usage',
    message: expect.not.stringContaining('geheim') as string,
  });
});
