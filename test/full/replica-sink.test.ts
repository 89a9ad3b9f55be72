/** A sink on a replica, which may be behind its primary. */
import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openMysqlSink } from '../../src/sinks/mysql/sink.ts';
import { openPostgresSink } from '../../src/sinks/postgres/sink.ts';
import type { SinkOptions } from '../../src/sinks/sink.ts';
import { Deadline } from '../../src/system/deadline.ts';
import { connectMariadb, hasMariadb, startMariadb } from '../fixtures/mariadb.ts';
import { connectPostgres, startPostgres, type RunningPostgres } from '../fixtures/postgres.ts';
import { openSinkAt, placesOf, readSink, rowsOfReading, type ReadSink } from '../fixtures/sink-rows.ts';

let primary: RunningPostgres;
let replica: RunningPostgres;
let writer: Client;
let looker: Client;

beforeAll(async () => {
  // Its messages to the replica come at least every second.
  primary = await startPostgres({}, { wal_sender_timeout: '2s' });
  await primary.stop();
  const source = `host=127.0.0.1 port=${primary.port} user=postgres password=${primary.password}`;
  const settings = { primary_conninfo: source, max_standby_streaming_delay: '0' };
  replica = await startPostgres({ 'standby.signal': '' }, settings, primary);
  await primary.start();
  writer = await connectPostgres(primary);
  looker = await connectPostgres(replica);
  await writer.query('CREATE TABLE orders AS SELECT generate_series(1, 50000) AS id');
  await new Deadline(20_000).poll(hasTable, 50);
});
afterAll(async () => {
  await looker.end();
  await writer.end();
  await replica.remove();
  await primary.remove();
});
beforeEach(async () => {
  vi.stubEnv('PGPASSWORD', replica.password);
  await looker.query('SELECT pg_wal_replay_resume()');
});

async function hasTable(): Promise<boolean> {
  const { rows } = await looker.query<{ found: boolean }>(
    `SELECT to_regclass('orders') IS NOT NULL AS found`,
  );
  return rows[0]!.found;
}

const read = (options: Partial<SinkOptions>): Promise<ReadSink> =>
  readSink(openPostgresSink, { location: replica.location, table: 'orders', ...options }, 'column:id');

test('a look waits until the replica has all that the primary had at that moment', async () => {
  await looker.query('SELECT pg_wal_replay_pause()');
  await writer.query('INSERT INTO orders VALUES (50001)');
  const { rows: now } = await writer.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  const reading = read({ asOf: now[0]!.now });
  await expect
    .poll(async () => {
      const { rowCount } = await looker.query(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%latest_end_lsn%' AND pid <> pg_backend_pid()`,
      );
      return rowCount;
    })
    .toBe(1);
  await looker.query('SELECT pg_wal_replay_resume()');
  const { rows, notes } = await reading;
  expect(rows).toHaveLength(50_001);
  expect(notes).toEqual([expect.stringMatching(/^nodrop waited [\d.]+ s for the replica\.$/)]);
});

test('if the replica does not catch up within the timeout, the look goes on and says how far it is behind', async () => {
  await looker.query('SELECT pg_wal_replay_pause()');
  await writer.query('INSERT INTO orders VALUES (50002)');
  const { rows, notes } = await read({ asOf: new Date(), timeoutMs: 1_000 });
  expect(rows).toHaveLength(50_001);
  expect(notes).toEqual([
    expect.stringMatching(/did not show within 1\.\d s .* its last commit is [\d.]+ s old/),
  ]);
});

test('a replica of a primary that writes nothing is seen to have everything', async () => {
  const { notes } = await read({ asOf: new Date() });
  expect(notes).not.toContainEqual(expect.stringContaining('did not show'));
});

test('without a moment, the look says that it reads a replica', async () => {
  expect((await read({})).notes).toEqual(['The sink is a replica, and may be behind its primary.']);
});

test('if the replica removes rows that the look still needs, the sink is unavailable', async () => {
  const sink = await openSinkAt(openPostgresSink, replica.location, { table: 'orders' });
  const reading = await sink.open(placesOf(['column:id']));
  await writer.query('DELETE FROM orders');
  await writer.query('VACUUM orders');
  await expect
    .poll(
      async () =>
        (
          await looker.query(
            'SELECT confl_snapshot + confl_lock AS n FROM pg_stat_database_conflicts WHERE datname = current_database()',
          )
        ).rows[0],
    )
    .not.toEqual({ n: '0' });
  await expect(rowsOfReading(reading)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('conflict with recovery') as string,
    hint: expect.stringContaining('hot_standby_feedback') as string,
  });
  await reading.close();
});

test.skipIf(!hasMariadb)(
  'a look at a replica of MariaDB waits until it is not behind, or says that it is, or that it does not replicate',
  async () => {
    const source = await startMariadb({}, { 'log-bin': 'log', 'server-id': '1' });
    const copy = await startMariadb({}, { 'server-id': '2', 'read-only': '1' });
    const [writing, copying] = await Promise.all([source, copy].map(connectMariadb));
    vi.stubEnv('MYSQL_PWD', copy.password);
    const notesOf = async (location = copy.location): Promise<readonly string[]> =>
      (await readSink(openMysqlSink, { location, query: 'SELECT 1 AS id' }, 'column:id')).notes;
    await writing!.query('CREATE TABLE orders (id int)');
    await copying!.query(
      `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${source.port}, MASTER_USER = ?, MASTER_PASSWORD = ?`,
      [source.user, source.password],
    );
    expect(await notesOf()).toEqual([expect.stringContaining('does not replicate now')]);
    await copying!.query('START REPLICA');
    await expect.poll(() => notesOf()).toEqual([expect.stringContaining('is not behind its source')]);
    await copying!.query('STOP REPLICA SQL_THREAD');
    await writing!.query('INSERT INTO orders VALUES (1)');
    const late = { location: copy.location, table: 'orders', asOf: new Date(), timeoutMs: 500 };
    expect(await readSink(openMysqlSink, late, 'column:id')).toMatchObject({
      rows: [],
      notes: [expect.stringMatching(/does not replicate now: .* nodrop waited 0\.[5-9] s for it\.$/)],
    });
    const looks = async (): Promise<number> => {
      const [found] = await copying!.query(
        'SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = ?',
        [copy.user],
      );
      return (found as unknown[]).length;
    };
    await expect.poll(looks).toBe(0);
    const waiting = readSink(openMysqlSink, { ...late, timeoutMs: 20_000 }, 'column:id');
    await expect.poll(looks).toBe(1);
    await copying!.query('START REPLICA SQL_THREAD');
    expect(await waiting).toMatchObject({
      rows: [['1']],
      notes: [expect.stringMatching(/is not behind its source\. nodrop waited [\d.]+ s for it\.$/)],
    });
    await copying!.query(`CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'h4nter2'`);
    const asReader = copy.location.replace(`${copy.user}@`, 'reader:h4nter2@').replace('/test', '/');
    expect(await notesOf(asReader)).toEqual([expect.stringContaining('is read-only')]);
    await Promise.all([writing!.end(), copying!.end()]);
    await Promise.all([source.remove(), copy.remove()]);
  },
);
