/** Faults on a real pipeline, with their evidence. `test/integration/faults.test.ts` has those that run at each change. */
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

test('a restarted producer with --duration sends until that duration is over', async () => {
  const dir = newDir();
  const { code, stdout, stderr } = await nodrop([
    'run',
    '--json',
    // On a busy machine a new process takes seconds to start.
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

test('a run whose producer is killed for good has unsent messages and is inconclusive', async () => {
  const { ended, result } = await runWith(['kill-producer@1s+never'], ['--duration=3s', shared]);
  expect(result).toMatchObject({ verdict: 'inconclusive', findings: [] });
  expect(result.ledger.unsent).toBeGreaterThan(0);
  expect(result.faults[0]).toMatchObject({ tookEffect: true, endMs: null });
  expect(ended.code).toBe(2);
});

test('a run passes if one of its two consumers is killed for good', async () => {
  const args = ['--duration=3s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['kill-consumer@1s+never'], args);
  expectSurvived(run);
  expect(run.result.faults[0]).toMatchObject({ target: 'consumer 1 of 2', endMs: null });
});

test('after a full disk has room again, the remaining consumer stores all messages', async () => {
  const args = ['--duration=5s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['fill-disk@1s+3s', 'kill-consumer@2s+never'], args);
  expectSurvived(run);
  expect(run.result.faults[0]!.evidence).toContain('the offsets did not move meanwhile');
});

test('a consumer that is paused past its session writes no stale rows, and the run passes', async () => {
  const args = ['--duration=9s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['pause-consumer@1s+6s'], args);
  expectSurvived(run);
  const [slept, expired] = run.result.faults[0]!.evidence;
  expect(slept).toMatch(/process \d+, consumer 1 of 2, is in state T/);
  expect(expired).toBe('its session expired: of 2 members the group has 1');
});

test('if the group is deleted, the restarted consumers resume at the offsets of the store', async () => {
  const args = ['--duration=5s', '--consumers=2', ...quickGroup, shared];
  const run = await runWith(['delete-offsets@2s'], args);
  expectSurvived(run);
  const [deleted] = run.result.faults;
  expect(deleted).toMatchObject({ target: 'consumer 1 of 2, consumer 2 of 2' });
  const evidence = deleted!.evidence.join();
  expect(evidence).toMatch(/process \d+, consumer 2 of 2, is gone/);
  expect(evidence).toContain('3 partitions had committed offsets, and 0 had any after the group was deleted');
  // The consumers were down until the group had given them up.
  expect(deleted!.endMs! - deleted!.startMs!).toBeGreaterThan(1_000);
});

test('a killed single broker comes back with all messages that it acknowledged', async () => {
  const run = await runWith(['kill-broker@1s+1s'], ['--duration=4s']);
  expectSurvived(run);
  const [killed] = run.result.faults;
  expect(killed!.evidence.join()).toMatch(/process \d+, broker 1, is gone,broker 1 was started again/);
  expect(killed!.evidence.join()).toContain('leader epoch');
});

test('a lock-store fault that blocks no write makes the run inconclusive', async () => {
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

test('the consumer waits for a database that is restarted, and the run passes', async () => {
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

/** A run on a database so slow that the consumer makes progress but falls behind the producer. */
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

test('a pipeline that does not drain within the limit after the last fault has stalled, despite progress', async () => {
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
  // The run stopped the consumer, which had not given up by itself.
  expect(result.notChecked.join(' ')).not.toMatch(/No progress|ended early/);
});

test('a pipeline that drains within the limit after the last fault has not stalled', async () => {
  const run = await slow('latency:store=200ms@1s+1s', '40s');
  expectSurvived(run);
  expect(run.result.notChecked).toEqual([]);
});

test('records that are deleted before they were consumed are found expired, and the run fails', async () => {
  const faults = ['pause-consumer@1s+2s', 'delete-records@2s'];
  const { ended, result } = await runWith(faults, ['--duration=4s', shared]);
  expect(result.findings).toMatchObject([{ kind: 'expired', blame: 'broker', cause: 'retention' }]);
  expect(ended.code).toBe(1);
});
