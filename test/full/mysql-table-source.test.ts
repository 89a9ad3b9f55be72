/** A table of a real MariaDB as a source. It stands for MySQL, too. */
import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TableSource } from '../../src/config/config.ts';
import type { Handover, OpenedSource, OutgoingMessage } from '../../src/sources/source.ts';
import { openTableSource } from '../../src/sources/table/table-source.ts';
import { startTextCutter } from '../fixtures/cutting-at-text.ts';
import { hasMariadb, startMariadb, type RunningMariadb } from '../fixtures/mariadb.ts';
import { outgoing, sourceOptions } from '../fixtures/outgoing.ts';

let server: RunningMariadb;
let client: Connection;
const opened: OpenedSource[] = [];

async function open(given: Partial<TableSource> = {}): Promise<OpenedSource> {
  const source = await openTableSource(
    { database: server.location, table: 'orders', ...given },
    sourceOptions({ timeoutMs: 5_000 }),
  );
  opened.push(source);
  return source;
}
const row = (sequence: number, fields: object = {}): OutgoingMessage =>
  outgoing(sequence, { id: `m-${sequence}`, ...fields });
const send = async (source: OpenedSource, ...messages: OutgoingMessage[]): Promise<Handover[]> =>
  (await Promise.all(messages.map((message) => source.send([message])))).flat();
const kindsOf = (outcomes: readonly Handover[]): string[] => outcomes.map(({ outcome }) => outcome);
const ids = async (): Promise<unknown[]> =>
  ((await client.query('SELECT id FROM orders ORDER BY id'))[0] as { id: string }[]).map(({ id }) => id);

describe.skipIf(!hasMariadb)('a table in MariaDB', () => {
  beforeAll(async () => {
    server = await startMariadb();
    const { port, user, password } = server;
    client = await createConnection({ host: '127.0.0.1', port, user, password, database: 'test' });
    await client.query(
      `CREATE TABLE orders (id varchar(40) PRIMARY KEY, n bigint CHECK (n > 0), price decimal(20, 2), doc json,
        note varchar(40) CHARACTER SET utf8mb4, flag boolean, raw varbinary(10)) ENGINE = InnoDB`,
    );
    await client.query('CREATE TABLE quick (id varchar(40)) ENGINE = MyISAM');
  });
  afterAll(async () => {
    await client?.end();
    await server?.remove();
  });
  beforeEach(async () => {
    vi.stubEnv('MYSQL_PWD', server.password);
    await client.query('DELETE FROM orders');
  });
  afterEach(async () => {
    for (const source of opened.splice(0)) await source.close();
    vi.unstubAllEnvs();
  });

  test('the fields of a value are columns, and documents are their JSON', async () => {
    const note = `it's "a" \\ back\nslash 😀`;
    const fields = {
      N: 2 ** 53 - 1,
      price: 1.25,
      doc: { a: ["'"] },
      note,
      flag: true,
      raw: new Uint8Array([0, 255]),
    };
    expect(await send(await open(), row(0, fields), row(1, { note: null }))).toEqual([
      { outcome: 'acked' },
      { outcome: 'acked' },
    ]);
    const [rows] = await client.query('SELECT * FROM orders ORDER BY id');
    expect(rows).toMatchObject([
      { n: 2 ** 53 - 1, price: '1.25', doc: { a: ["'"] }, note, flag: 1, raw: Buffer.from([0, 255]) },
      { n: null, note: null },
    ]);
  });

  test('a row that the table refuses rejects its transaction, and no other', async () => {
    const source = await open({ batch: 2 });
    const outcomes = [
      await source.send([row(0), row(1)]),
      await source.send([row(2), row(2)]),
      await source.send([row(3, { n: 0 })]),
      await source.send([row(4, { price: 'no number' })]),
      await source.send([row(5)]),
    ];
    expect(outcomes.map(kindsOf)).toEqual([
      ['acked', 'acked'],
      ['rejected', 'rejected'],
      ['rejected'],
      ['rejected'],
      ['acked'],
    ]);
    expect(await ids()).toEqual(['m-0', 'm-1', 'm-5']);
  });

  test('a connection that is lost in the commit makes the outcome unknown; lost before it, nothing was written', async () => {
    await using cutter = await startTextCutter(server.port);
    const database = `${server.location.replace(String(server.port), String(cutter.port))}?ssl-mode=DISABLED`;
    const source = await open({ database });
    cutter.cutAt('COMMIT', true);
    expect(await send(source, row(0))).toMatchObject([{ outcome: 'unknown' }]);
    await expect.poll(ids).toEqual(['m-0']);
    cutter.cutAt('START TRANSACTION', false);
    expect(await send(source, row(1))).toMatchObject([{ outcome: 'rejected' }]);
    expect(await send(source, row(2))).toEqual([{ outcome: 'acked' }]);
    expect(cutter.cuts).toBe(2);
    expect(await ids()).toEqual(['m-0', 'm-2']);
  });

  test('a missing table or column, and a table without transactions, is wrong usage', async () => {
    await expect(open({ table: 'nowhere' })).rejects.toMatchObject({
      code: 'usage',
      hint: 'It has orders, quick.',
    });
    await expect(open({ table: 'quick' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('engine MyISAM') as string,
    });
    await expect((await open()).send([row(0, { sku: 1 })])).rejects.toMatchObject({
      code: 'usage',
      hint: 'Its columns are id, n, price, doc, note, flag, raw.',
    });
  });

  test('a wrong password is told without it', async () => {
    vi.stubEnv('MYSQL_PWD', 'geheim');
    const refused = await open().then(
      () => expect.fail('it was opened'),
      (error: unknown) => error as Error,
    );
    expect(refused).toMatchObject({ code: 'unavailable' });
    expect(refused.message).toContain('The source mysql://');
    expect(refused.message).not.toContain('geheim');
  });
});
