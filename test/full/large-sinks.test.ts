/** Tables of two million rows as sinks: all rows come, at a speed and in a memory that do not grow with them. */
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { openMysqlSink } from '../../src/sinks/mysql/sink.ts';
import { openPostgresSink } from '../../src/sinks/postgres/sink.ts';
import type { OpenSink } from '../../src/sinks/sink.ts';
import { parseValuePlace } from '../../src/values/value-place.ts';
import { connectMariadb, hasMariadb, startMariadb } from '../fixtures/mariadb.ts';
import { connectPostgres } from '../fixtures/postgres.ts';

const count = 2_000_000;
const postgres = inject('postgres');

beforeEach(() => {
  vi.stubEnv('PGPASSWORD', postgres.password);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

interface Sums {
  rows: number;
  numbers: bigint;
  bytes: number;
  largestBatch: number;
}

/** Reads `id`, `n` and `at`, where `n` counts from 1. */
async function sumsOf(open: OpenSink, location: string): Promise<Sums> {
  const sink = await open({
    location,
    table: 'large',
    timeoutMs: 60_000,
    signal: new AbortController().signal,
  });
  const places = ['id', 'n', 'at'].map((name) => parseValuePlace(`column:${name}`, '--id'));
  const reading = await sink.open(places);
  const sums = { rows: 0, numbers: 0n, bytes: 0, largestBatch: 0 };
  for await (const batch of reading.batches()) {
    let numbers = 0;
    for (let row = 0; row < batch.count; row++) {
      const at = row * 3;
      numbers += Number(batch.bytes.toString('latin1', batch.start[at + 1], batch.end[at + 1]));
      sums.bytes += batch.end[at + 2]! - batch.start[at]!;
    }
    sums.rows += batch.count;
    sums.numbers += BigInt(numbers);
    sums.largestBatch = Math.max(sums.largestBatch, batch.count);
  }
  await reading.close();
  await sink.close();
  return sums;
}

const expected = { rows: count, numbers: (BigInt(count) * BigInt(count + 1)) / 2n };

test('all of two million rows come from PostgreSQL', async () => {
  const client = await connectPostgres(postgres);
  await client.query(
    `CREATE TABLE large AS SELECT 'event-' || i AS id, i AS n, now() + i * interval '1 ms' AS at FROM generate_series(1, ${count}) AS i`,
  );
  const sums = await sumsOf(openPostgresSink, postgres.location);
  await client.query('DROP TABLE large');
  await client.end();
  expect(sums).toMatchObject(expected);
  expect(sums.largestBatch).toBeLessThan(20_000);
});

test.skipIf(!hasMariadb)('all of two million rows come from MariaDB', async () => {
  const server = await startMariadb();
  vi.stubEnv('MYSQL_PWD', server.password);
  const client = await connectMariadb(server);
  await client.query(
    `CREATE TABLE large AS SELECT CONCAT('event-', seq) AS id, seq AS n, NOW(6) + INTERVAL seq MICROSECOND AS at FROM seq_1_to_${count}`,
  );
  const sums = await sumsOf(openMysqlSink, server.location);
  await client.end();
  await server.remove();
  expect(sums).toMatchObject(expected);
  expect(sums.largestBatch).toBeLessThan(20_000);
});
