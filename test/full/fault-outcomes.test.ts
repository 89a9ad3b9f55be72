/** Faults on a real pipeline: what each outcome shows. `test/integration/faults.test.ts` has those that each change runs. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Result } from '../../src/result/result.ts';
import {
  expectSurvived,
  postgresStore,
  quickGroup,
  runWith,
  sharedBroker as shared,
} from '../fixtures/faulted-run.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

test('a producer that sends for a time goes on for what is left of it', async () => {
  const dir = newDir();
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    // A new process takes seconds to start where the machine is busy.
    '--duration=8s',
    '--batch-size=10',
    `--dir=${dir}`,
    shared,
    '--fault=kill-producer@1s+200ms',
  ]);
  expect(code, stderr).toBe(0);
  const result = JSON.parse(stdout) as Result;
  expect(result).toMatchObject({ verdict: 'pass', notChecked: [] });
  expect(result.ledger.sent).toBeGreaterThan(100);
  const second = join(dir, 'runs', result.run.id, 'ledger-p0-1.bin');
  expect(statSync(second).size, 'bytes of sends and acks').toBeGreaterThan(2_000);
});

test('a producer that stays away leaves messages unsent, which is no pass', async () => {
  const { ended, result } = await runWith(['kill-producer@1s+never'], ['--duration=3s', shared]);
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.ledger.unsent).toBeGreaterThan(0);
  expect(result.faults[0]).toMatchObject({ tookEffect: true, endMs: null });
  expect(ended.code).toBe(2);
});

test('of two consumers one may stay away', async () => {
  const args = ['--duration=3s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['kill-consumer@1s+never'], args);
  expectSurvived(run);
  expect(run.result.faults[0]).toMatchObject({ target: 'consumer 1 of 2', endMs: null });
});

test('a disk that was full has room again for the consumer that is left', async () => {
  const args = ['--duration=5s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['fill-disk@1s+3s', 'kill-consumer@2s+never'], args);
  expectSurvived(run);
  expect(run.result.faults[0]!.evidence).toContain('the offsets did not move meanwhile');
});

test('a consumer that slept through its session writes nothing late', async () => {
  const args = ['--duration=9s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['pause-consumer@1s+6s'], args);
  expectSurvived(run);
  const [slept, expired] = run.result.faults[0]!.evidence;
  expect(slept).toMatch(/process \d+, consumer 1 of 2, is in state T/);
  expect(expired).toBe('its session expired: of 2 members the group has 1');
});

test('consumers whose group has forgotten everything go on from the store', async () => {
  const args = ['--duration=5s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['delete-offsets@2s'], args);
  expectSurvived(run);
  const [deleted] = run.result.faults;
  expect(deleted).toMatchObject({ target: 'consumer 1 of 2, consumer 2 of 2' });
  const evidence = deleted!.evidence.join();
  expect(evidence).toMatch(/process \d+, consumer 2 of 2, is gone/);
  expect(evidence).toContain('3 partitions had committed offsets, and 0 had any after the group was deleted');
  // They were away for as long as the group waited for them.
  expect(deleted!.endMs! - deleted!.startMs!).toBeGreaterThan(1_000);
});

test('the only broker is killed, and comes back with all that it acknowledged', async () => {
  const run = await runWith(['kill-broker@1s+1s'], ['--duration=4s']);
  expectSurvived(run);
  const [killed] = run.result.faults;
  expect(killed!.evidence.join()).toMatch(/process \d+, broker 1, is gone,broker 1 was started again/);
  expect(killed!.evidence.join()).toContain('leader epoch');
});

test('a lock that keeps nobody from storing anything proves nothing', async () => {
  const faults = ['pause-producer@1s+3s', 'lock-store@2s+1s'];
  const { ended, result } = await runWith(faults, ['--duration=5s', shared]);
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  const [paused, locked] = result.faults;
  expect(paused).toMatchObject({ tookEffect: true });
  expect(locked).toMatchObject({ tookEffect: false });
  expect(locked!.evidence).toContain('no records waited to be stored');
  expect(result.notChecked.join(' ')).toContain('The fault lock-store@2s+1s did not take effect');
  expect(ended.code).toBe(2);
});

test('a database that is restarted is waited for', async () => {
  const run = await runWith(['restart-store@1s+1s'], ['--duration=3s', shared, postgresStore()]);
  expectSurvived(run);
  const [restarted] = run.result.faults;
  expect(restarted).toMatchObject({ target: 'consumers and the database' });
  const evidence = restarted!.evidence.join();
  expect(evidence).toMatch(/[1-9]\d* sessions? (was|were) ended at the database/);
  expect(evidence).toMatch(/[1-9]\d* new connections? (was|were) refused/);
  const log = readFileSync(join(run.dir, 'runs', run.result.run.id, 'consumer.log'), 'utf8');
  expect(log).toContain('The store is back.');
});

/** So slow a database that the consumer gets on, and comes no nearer to the end. */
const slow = (fault: string, timeout: string): ReturnType<typeof runWith> =>
  runWith(
    [fault],
    [
      '--duration=4s',
      '--batch-size=40',
      `--timeout=${timeout}`,
      '-X',
      'max.partition.fetch.bytes=1024',
      shared,
      postgresStore(),
    ],
  );

test('what has not drained in time after the last fault has stalled, though it gets on', async () => {
  const { ended, result } = await slow('latency:store=200ms@1s+never', '8s');
  expect(ended.code).toBe(2);
  expect(result).toMatchObject({ verdict: 'inconclusive', faults: [{ tookEffect: true, endMs: null }] });
  expect(result.findings).toMatchObject([{ kind: 'stalled', blame: 'consumer', count: 3 }]);
  for (const { detail } of result.findings[0]!.examples) expect(detail).toMatch(/^is at \d+ of \d+$/);
  expect(result.notChecked[0]).toBe(
    'The pipeline had not drained within 8s of the last send and the last fault.',
  );
  expect(result.notChecked.join(' ')).toMatch(/The lag: partition 0 is at \d+ of \d+, partition 1/);
  expect(result.timings.drainMs).toBeLessThan(20_000);
  // It was stopped, and had not given up.
  expect(result.notChecked.join(' ')).not.toMatch(/No progress|ended early/);
});

test('and what drains in time has not', async () => {
  const run = await slow('latency:store=200ms@1s+1s', '40s');
  expectSurvived(run);
  expect(run.result.notChecked).toEqual([]);
});

test('what is deleted before it was read has expired', async () => {
  const faults = ['pause-consumer@1s+2s', 'delete-records@2s'];
  const { ended, result } = await runWith(faults, ['--duration=4s', shared]);
  expect(result.findings).toMatchObject([{ kind: 'expired', blame: 'broker', cause: 'retention' }]);
  expect(ended.code).toBe(1);
});
