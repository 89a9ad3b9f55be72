/** A table of a real PostgreSQL as a source. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import type { TableSource } from '../../../src/config/config.ts';
import type { Handover, OpenedSource, OutgoingMessage } from '../../../src/sources/source.ts';
import { openTableSource } from '../../../src/sources/table/table-source.ts';
import { freePorts } from '../../../src/system/ports.ts';
import { startTextCutter } from '../../fixtures/cutting-at-text.ts';
import { outgoing, sourceOptions } from '../../fixtures/outgoing.ts';
import { hasPooler, startPooler } from '../../fixtures/pooler.ts';

const postgres = inject('postgres');
const schema = `source_${randomBytes(8).toString('hex')}`;
const location = `${postgres.location}?schema=${schema}`;
let client: Client;
const opened: OpenedSource[] = [];

beforeAll(async () => {
  client = new Client({
    connectionString: postgres.location.replace('postgres@', `postgres:${postgres.password}@`),
  });
  await client.connect();
  await client.query(
    `CREATE SCHEMA ${schema}; SET search_path TO ${schema};
    CREATE TABLE customers (id integer PRIMARY KEY); INSERT INTO customers VALUES (1);
    CREATE TABLE "Outbox" (
      id text PRIMARY KEY, n bigint CHECK (n >= 0), price numeric, doc jsonb, note text DEFAULT 'none', tags text[],
      made timestamptz, raw bytea, flag boolean,
      customer integer REFERENCES customers DEFERRABLE INITIALLY DEFERRED)`,
  );
});
afterAll(async () => {
  await client.query(`DROP SCHEMA ${schema} CASCADE`);
  await client.end();
});
beforeEach(async () => {
  vi.stubEnv('PGPASSWORD', postgres.password);
  await client.query('TRUNCATE "Outbox"');
});
afterEach(async () => {
  for (const source of opened.splice(0)) await source.close();
  vi.unstubAllEnvs();
});

async function open(given: Partial<TableSource> = {}, timeoutMs = 10_000): Promise<OpenedSource> {
  const source = await openTableSource(
    { database: location, table: 'Outbox', ...given },
    sourceOptions({ timeoutMs }),
  );
  opened.push(source);
  return source;
}

const row = (sequence: number, fields: object = {}): OutgoingMessage =>
  outgoing(sequence, { id: `m-${sequence}`, ...fields });

const send = async (source: OpenedSource, ...messages: OutgoingMessage[]): Promise<Handover[]> =>
  (await Promise.all(messages.map((message) => source.send([message])))).flat();

const ids = async (): Promise<string[]> =>
  (await client.query<{ id: string }>('SELECT id FROM "Outbox" ORDER BY ctid')).rows.map(({ id }) => id);

test('the fields of a value are columns: each with the type of its column, and a missing one with its default', async () => {
  const source = await open();
  const made = '2026-05-01T12:00:00.123Z';
  const note = `it's "a" \\ back\nslash é 😀`;
  const outcomes = await send(
    source,
    row(0, { N: 7, price: 0.1, doc: { a: [1, { b: "'" }] }, note, tags: ['x', 'y,"z'], made, flag: true }),
    row(1, { raw: new Uint8Array([0, 255]), n: null, made: new Date(made), note: { nested: true } }),
  );
  expect(outcomes).toEqual([{ outcome: 'acked' }, { outcome: 'acked' }]);
  const { rows } = await client.query('SELECT * FROM "Outbox" ORDER BY id');
  expect(rows).toEqual([
    {
      id: 'm-0',
      n: '7',
      price: '0.1',
      doc: { a: [1, { b: "'" }] },
      note,
      tags: ['x', 'y,"z'],
      made: new Date(made),
      raw: null,
      flag: true,
      customer: null,
    },
    {
      id: 'm-1',
      n: null,
      price: null,
      doc: null,
      note: '{"nested":true}',
      tags: null,
      made: new Date(made),
      raw: Buffer.from([0, 255]),
      flag: null,
      customer: null,
    },
  ]);
});

test('a row that the table refuses rejects its message, at its insert or at the commit, and no other', async () => {
  const source = await open();
  const outcomes = await send(
    source,
    row(0),
    row(0),
    row(1, { n: -1 }),
    row(2, { price: 'no number' }),
    row(3, { note: 'a\0b' }),
    row(4, { customer: 2 }),
    row(5, { customer: 1 }),
  );
  expect(outcomes.map(({ outcome }) => outcome)).toEqual([
    'acked',
    'rejected',
    'rejected',
    'rejected',
    'rejected',
    'rejected',
    'acked',
  ]);
  expect(outcomes[1]!.error).toContain('duplicate key');
  expect(outcomes[5]!.error).toContain('in the commit: ');
  expect(await ids()).toEqual(['m-0', 'm-5']);
});

test('rows of one call are one transaction: all of them are there, in their order, or none', async () => {
  const source = await open({ batch: 3 });
  expect(source.batchMax).toBe(3);
  const [good, bad] = await Promise.all([
    source.send([row(2), row(1, { n: 1 }), row(0)]),
    source.send([row(3), row(4), row(3)]),
  ]);
  expect(good.map(({ outcome }) => outcome)).toEqual(['acked', 'acked', 'acked']);
  expect(bad.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(await ids()).toEqual(['m-2', 'm-1', 'm-0']);
});

test('a connection that is lost in the commit makes the outcome unknown; lost before it, nothing was written', async () => {
  const url = new URL(location);
  await using cutter = await startTextCutter(Number(url.port));
  url.port = String(cutter.port);
  const source = await open({ database: url.href });
  expect(await send(source, row(0))).toEqual([{ outcome: 'acked' }]);
  cutter.cutAt('COMMIT', true);
  const [written] = await send(source, row(1));
  expect(written).toMatchObject({ outcome: 'unknown' });
  await expect.poll(ids).toEqual(['m-0', 'm-1']);
  cutter.cutAt('COMMIT', false);
  const [lost] = await send(source, row(2));
  expect(lost).toMatchObject({ outcome: 'unknown' });
  cutter.cutAt('INSERT', true);
  const [rejected] = await send(source, row(3));
  expect(rejected).toMatchObject({ outcome: 'rejected' });
  expect(cutter.cuts).toBe(3);
  expect(await send(source, row(4))).toEqual([{ outcome: 'acked' }]);
  expect(await ids()).toEqual(['m-0', 'm-1', 'm-4']);
});

test('a lock that is held longer than the time limit rejects, and nothing is written later', async () => {
  const source = await open({}, 500);
  await client.query('BEGIN; LOCK TABLE "Outbox"');
  const [outcome] = await send(source, row(0));
  await client.query('COMMIT');
  expect(outcome).toMatchObject({
    outcome: 'rejected',
    // The server says why, or nodrop has waited as long.
    error: expect.stringMatching(/lock timeout|no answer within/) as string,
  });
  expect(await send(source, row(1))).toEqual([{ outcome: 'acked' }]);
  expect(await ids()).toEqual(['m-1']);
});

test('a missing table or column is wrong usage, and the error says which there are', async () => {
  await expect(open({ table: 'nowhere' })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(/^The source .* has no table nowhere that this user can see\.$/) as string,
    hint: 'Without a schema it finds "Outbox", customers.',
  });
  const source = await open();
  await expect(source.send([row(0, { Sku: 'a' })])).rejects.toMatchObject({
    code: 'usage',
    message: 'Message m-0: the table Outbox has no column Sku.',
    hint: 'Its columns are id, n, price, doc, note, tags, made, raw, flag, customer.',
  });
  for (const document of ['text', null, [1], 7])
    await expect(source.send([outgoing(1, document)])).rejects.toMatchObject({ code: 'usage' });
});

test('a database that cannot be reached, or a user who may not insert, ends the run without the password', async () => {
  const password = randomBytes(12).toString('hex');
  const reader = `reader_${randomBytes(8).toString('hex')}`;
  await client.query(
    `CREATE ROLE ${reader} LOGIN PASSWORD '${password}'; GRANT USAGE ON SCHEMA ${schema} TO ${reader};
    GRANT SELECT ON "Outbox" TO ${reader}`,
  );
  try {
    const source = await open({ database: location.replace('postgres@', `${reader}:${password}@`) });
    await expect(source.send([row(0)])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('permission denied') as string,
    });
    const [port] = await freePorts(1);
    const refused = await open({ database: `postgres://${reader}:${password}@127.0.0.1:${port}/x` }).then(
      () => expect.fail('it was opened'),
      (error: unknown) => error as Error,
    );
    expect(refused).toMatchObject({ code: 'unavailable' });
    expect(refused.message).toContain(`The source postgres://127.0.0.1:${port}/x cannot be reached`);
    expect(JSON.stringify([refused, refused.message])).not.toContain(password);
  } finally {
    await client.query(`DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
  }
});

test.skipIf(!hasPooler)('a pooler between is no matter', async () => {
  const pooler = await startPooler(postgres);
  try {
    const source = await open({ database: `${pooler.location}?schema=${schema}`, batch: 2 });
    await source.send([row(0), row(1)]);
    expect(await ids()).toEqual(['m-0', 'm-1']);
    await source.close();
  } finally {
    await pooler.stop();
  }
});
