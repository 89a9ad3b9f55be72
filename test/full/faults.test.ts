/** Every fault of nodrop, each in its own run, which survives it. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import { faults } from '../../src/faults/catalog.ts';
import type { Result } from '../../src/result/result.ts';
import { parsePostgresLocation } from '../../src/stores/postgres/location.ts';
import { openSession } from '../../src/stores/postgres/session.ts';
import { startPostgres, type RunningPostgres } from '../fixtures/postgres.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

const shared = `--bootstrap-server=${inject('bootstrapServers')}`;
const { location, password } = inject('postgres');
const postgres = (): string => `--store=${location}?schema=t${randomUUID().slice(0, 8)}`;
const quickGroup = ['-X', 'session.timeout.ms=2000', '-X', 'heartbeat.interval.ms=300'];

const transactional = ['--transactional', '--batch-size=10', '--transaction-size=50', '--abort-rate=0.2'];

/** The faults of a run, and its further arguments. */
const survived: [fault: string, args: () => string[]][] = [
  ['kill-leader@1s+3s', () => ['--brokers=3']],
  ['kill-broker@1s+2s', () => []],
  ['kill-controller@1s+3s', () => ['--brokers=3']],
  ['kill-majority@1s+3s', () => ['--brokers=3']],
  // This fault lasts longer than the sending: the run waits for its end.
  ['restart-brokers@1s', () => ['--brokers=3', '--duration=6s']],
  ['pause-leader@1s+7s', () => ['--brokers=3']],
  ['pause-broker@1s+1s', () => ['--brokers=3']],
  ['pause-broker@1s+7s', () => ['--brokers=3']],
  ['pause-majority@1s+5s', () => ['--brokers=3']],
  ['kill-producer@1s+1s', () => [shared]],
  ['kill-producer:before-commit@1s+1s', () => [shared, ...transactional]],
  ['kill-producer:after-commit-request@1s+1s', () => [shared, ...transactional]],
  ['fence-producer@1s', () => [shared, ...transactional]],
  ['fence-producer@1s', () => ['--brokers=3', '--producers=2', ...transactional]],
  ['abandon-transaction@1s', () => transactional],
  ['kill-leader@1s+3s', () => ['--brokers=3', ...transactional]],
  ['cut:producer-acks@1s+2s', () => transactional],
  ['pause-producer@1s+2s', () => [shared]],
  ['kill-consumer@1s+1s', () => [shared]],
  ['kill-consumer:after-fetch@1s+1s', () => [shared]],
  ['kill-consumer:before-store-commit@1s+1s', () => [shared]],
  ['kill-consumer:after-store-commit@1s+1s', () => [shared, postgres()]],
  ['kill-consumer:after-group-commit@1s+1s', () => [shared]],
  ['pause-consumer@1s+8s', () => [shared, '--consumers=2']],
  ['rebalance-storm@1s+7s', () => [shared, ...quickGroup]],
  ['delete-offsets@2s', () => [shared, '--consumers=2', ...quickGroup]],
  ['delete-offsets@2s', () => [shared, postgres(), ...quickGroup]],
  ['cut:producer@1s+2s', () => []],
  ['cut:consumer@1s+2s', () => []],
  ['cut:consumer-acks@1s+2s', () => []],
  ['cut:replication@1s+6s', () => ['--brokers=3']],
  ['cut:store@1s+3s', () => [postgres()]],
  ['cut:store-acks@1s+3s', () => [postgres()]],
  ['latency:replication=50ms~40ms@1s+4s', () => ['--brokers=3']],
  ['latency:store=20ms@1s+3s', () => [postgres()]],
  ['bandwidth:producer=20kB@1s+3s', () => []],
  ['bandwidth:consumer=50kB@1s+3s', () => []],
  ['slow_close:consumer=500ms@1s+4s --fault=kill-consumer@2s+1s', () => []],
  ['reset_peer:producer@1s', () => []],
  ['reset_peer:consumer@1s', () => []],
  ['reset_peer:replication@1s', () => ['--brokers=3']],
  ['reset_peer:store@1s', () => [postgres()]],
  ['lock-store@1s+2s', () => [shared]],
  ['lock-store@1s+2s', () => [shared, postgres()]],
  ['fill-disk@1s+2s', () => [shared]],
  ['cut-commit@1s+2s', () => [postgres()]],
  ['restart-store@1s+3s', () => [shared, postgres()]],
  ['poison@1s', () => [shared]],
  ['poison@1s', () => [shared, postgres()]],
];

test.each(survived)('a run passes with the fault %s', async (fault, args) => {
  const { code, stdout, stderr } = await nodrop(
    [
      'run',
      '--json',
      '--quiet',
      '--rate=300',
      '--duration=12s',
      `--dir=${newDir()}`,
      ...`--fault=${fault}`.split(' '),
      ...args(),
    ],
    { PGPASSWORD: password },
  );
  expect(code, stderr + stdout).toBe(0);
  const { verdict, findings, faults: records } = JSON.parse(stdout) as Result;
  expect({ verdict, findings }).toEqual({ verdict: 'pass', findings: [] });
  expect(records.every(({ tookEffect, evidence }) => tookEffect && evidence.length > 0)).toBe(true);
});

test('a run passes if its database crashes and comes back', async () => {
  const database = await startPostgres();
  vi.stubEnv('PGPASSWORD', database.password);
  try {
    const [dir, id] = [newDir(), `c${randomUUID().slice(0, 8)}`];
    const options = ['--json', '--rate=300', '--duration=12s', `--run=${id}`, `--dir=${dir}`, shared];
    const { ended } = start(['run', ...options, `--store=${database.location}`]);
    await until('the consumer is at work', async () => (await storedIn(database)) > 300);
    await database.stopImmediately();
    await database.start();
    const stored = await storedIn(database);
    await until('it goes on', async () => (await storedIn(database)) > stored);
    const { code, stdout, stderr } = await ended;
    expect(code, stderr + stdout).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'pass', findings: [], store: { rows: 3_600 } });
    expect(readFileSync(join(dir, 'runs', id, 'consumer.log'), 'utf8')).toContain('The store is back.');
  } finally {
    vi.unstubAllEnvs();
    await database.remove();
  }
});

/** The sum of the next offsets in the store; 0 while there is no store. */
async function storedIn({ location }: RunningPostgres): Promise<number> {
  const session = await openSession(parsePostgresLocation(location), 'test');
  try {
    await session.begin();
    const [found] = await session.query<{ there: string | null }>("SELECT to_regclass('offsets') AS there");
    if (found?.there === null) return 0;
    const [row] = await session.query<{ sum: string }>('SELECT sum(next_offset) AS sum FROM offsets');
    return Number(row?.sum);
  } finally {
    await session.close();
  }
}

test('records that are deleted before they were consumed are found expired, with the cause retention', async () => {
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    '--quiet',
    '--rate=300',
    '--duration=7s',
    `--dir=${newDir()}`,
    shared,
    '--fault=pause-consumer@1s+4s',
    '--fault=delete-records@3s',
  ]);
  expect(code, stderr + stdout).toBe(1);
  const { findings } = JSON.parse(stdout) as Result;
  expect(findings).toMatchObject([{ kind: 'expired', blame: 'broker', cause: 'retention' }]);
});

test('each fault of nodrop has a run here', () => {
  const tried = [...survived.map(([fault]) => fault), 'delete-records@3s'].join(' ');
  // Faults on a user's processes have theirs in test/full/process-faults.test.ts.
  const missing = faults.filter(({ name, usersOnly }) => usersOnly !== true && !tried.includes(name));
  expect(missing.map(({ name }) => name)).toEqual([]);
});
